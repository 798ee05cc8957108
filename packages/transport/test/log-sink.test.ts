/** A log whose reader is gone, or has stopped, or whose disk is full. */
import { LogSink } from '@jwp/transport'
import test from 'ava'
import { Writable } from 'node:stream'

/** Takes in what it is told to: nothing, everything, or errors. */
class Target extends Writable {
  readonly taken: string[] = []
  behaviour: 'take' | 'stall' | 'fail' = 'take'
  #stalled: (() => void) | undefined

  constructor() {
    // As those of a process: an error does not end them.
    super({ decodeStrings: false, autoDestroy: false, emitClose: false })
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const take = (): void => {
      this.taken.push(chunk)
      done()
    }
    if (this.behaviour === 'take') take()
    else if (this.behaviour === 'stall') this.#stalled = take
    else done(new Error('ENOSPC: no space left on device'))
  }

  resume(): void {
    this.behaviour = 'take'
    this.#stalled?.()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('lines come through as they are', async (t) => {
  const target = new Target()
  const sink = new LogSink(target)
  sink.write('one\n')
  sink.write('two\n')
  await turn()
  t.deepEqual(target.taken, ['one\n', 'two\n'])
})

test('a reader that has stopped costs a bounded number of lines, and is told how many it missed', async (t) => {
  const target = new Target()
  const sink = new LogSink(target)
  target.behaviour = 'stall'
  const line = `${'x'.repeat(9_999)}\n`
  for (let i = 0; i < 1_000; i++) sink.write(line)
  await turn()
  t.true(target.writableLength < 1_100_000, `${target.writableLength} bytes wait`)
  target.resume()
  await turn()
  const before = target.taken.length
  sink.write('again\n')
  await turn()
  t.deepEqual(target.taken.slice(before), [
    `(${1_000 - before} lines of this log could not be written)\n`,
    'again\n',
  ])
})

test('a full disk throws nothing, and the loss is told once there is room', async (t) => {
  const target = new Target()
  const sinks = [new LogSink(target), new LogSink(target)]
  target.behaviour = 'fail'
  for (const sink of sinks) sink.write('lost\n')
  await turn()
  for (const sink of sinks) t.is(sink.errored, null)
  t.is(target.listenerCount('error'), 1, 'shared by all who write there')
})
