/** However much unauthenticated peers send, a turn of the event loop ends, and each connection is served. */
import { performance } from 'node:perf_hooks'
import { TurnShare, type TurnReader } from '@jwp/lines'
import test from 'ava'
import { until } from '@jwp/transport'

/** Has so many pieces, each of which keeps the processor busy for a moment. */
class Busy implements TurnReader {
  handled = 0
  constructor(
    readonly name: string,
    public pieces: number,
    readonly order: string[],
  ) {}

  step(): boolean {
    if (this.pieces === 0) return false
    const end = performance.now() + 0.2
    while (performance.now() < end);
    this.pieces--
    this.handled++
    if (this.order.at(-1) !== this.name) this.order.push(this.name)
    return this.pieces > 0
  }
}

test('a reader with much to do waits for its next turn, and the others have their turns between', async (t) => {
  const order: string[] = []
  const turns = new TurnShare({ turnMs: 4, readerMs: 1, readerPieces: 3 })
  const flood = new Busy('flood', 300, order)
  const second = new Busy('second', 300, order)
  const polite = new Busy('polite', 1, order)
  turns.serve(flood)
  t.true(flood.handled <= 3, 'not more than its share at once')
  turns.serve(flood)
  t.true(flood.handled <= 3, 'more of the same changes nothing')
  turns.serve(second)
  turns.serve(polite)
  await until(() => polite.pieces === 0)
  t.true(flood.pieces > 0, 'it did not wait for the end of the flood')
  await until(() => flood.pieces + second.pieces === 0)
  t.true(order.length > 50, 'the two took turns')
})

test('between two shares the event loop turns', async (t) => {
  const turns = new TurnShare({ turnMs: 2 })
  const flood = new Busy('flood', 500, [])
  let loops = 0
  const count = (): void => {
    loops++
    if (flood.pieces > 0) setImmediate(count)
  }
  setImmediate(count)
  turns.serve(flood)
  await until(() => flood.pieces === 0)
  t.true(loops > 10, `${loops} turns`)
})

test('a reader that was removed is not served any more', async (t) => {
  const turns = new TurnShare({ readerPieces: 1 })
  const gone = new Busy('gone', 100, [])
  const next = new Busy('next', 100, [])
  turns.serve(gone)
  turns.serve(next)
  turns.forget(gone)
  await until(() => next.pieces === 0)
  t.is(gone.handled, 1)
})
