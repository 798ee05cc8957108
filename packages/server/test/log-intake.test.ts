/** The intake of the log alone: what continues ours, what cuts it, and what is acknowledged when. */
import test from 'ava'
import {
  asPublisherId,
  LogRun,
  logRuns,
  type EntryRun,
  type LogEntry,
  type ServerMessageOf,
} from '@jwp/protocol'
import { LogIntake } from '#dist/core/log/log-intake.js'
import { bytes, effectsOf, Ground, namesIn, pending, pendingRun, term } from './support/pieces.js'

class Bench extends Ground {
  readonly learned: number[] = []
  readonly cuts: number[] = []
  readonly again: string[] = []
  /** What every server has applied, and up to where a client waits for that, as the parent says. */
  readonly stable: number[] = []
  readonly demanded: number[] = []
  isReplaced = false
  isSnapshotDue = false
  /** What waits for the disk. */
  readonly unstored: (() => void)[] = []
  readonly intake = new LogIntake({
    ...{ log: this.log, queue: this.queue, terms: this.terms, role: this.role, links: this.links },
    outbox: this.outbox,
    commit: { learned: (index) => this.learned.push(index) },
    truncation: {
      cutTo: (end): EntryRun[] => {
        this.cuts.push(end)
        return this.log.cutTo(end)
      },
      replaced: (_waiting, by) => (this.isReplaced ? by.count : 0),
    },
    stable: { moveTo: (index) => this.stable.push(index) },
    demand: { learned: (index) => this.demanded.push(index) },
    uplink: { again: (runs) => void this.again.push(...namesIn(runs)) },
    expiry: { appended: () => undefined },
    calendar: { received: () => undefined },
    persistence: { onceStored: (then) => this.unstored.push(then) },
    onLogBegins: () => {
      if (this.isSnapshotDue) throw new RangeError('a snapshot has to come first')
    },
  })

  constructor() {
    super()
    this.becomeChild()
    this.take()
  }

  /** The parent sends the log from here on, as these entries of this term. */
  receive(
    from: number,
    names: readonly string[],
    over: Partial<ServerMessageOf<'LOG'>> = {},
    number = 1,
  ): void {
    const entries = names.map((name, k): LogEntry => {
      const entry = pending(name[0]!, Number(name.slice(1)))
      return { ...entry, epoch: term(number), timestamp: 100 * number + from + k }
    })
    this.intake.received({ type: 'LOG', from, runs: logRuns(entries), commit: 0, ack: false, ...over })
  }

  store(): void {
    for (const then of this.unstored.splice(0)) then()
  }

  acks(): number[] {
    return effectsOf(this.take(), 'send').flatMap(({ message }) =>
      message.type === 'ACK' ? [message.index] : [],
    )
  }
}

test('what the parent sends continues our log, and is in our queue no longer', (t) => {
  const bench = new Bench()
  bench.queue.add(pendingRun('a', 2))
  bench.receive(1, ['a1', 'a2'], { commit: 1 }, 4)
  t.is(bench.log.last, 2)
  t.is(bench.queue.size, 0)
  t.deepEqual(bench.learned, [1])
  t.is(bench.terms.highest, 4)
})

test('a LOG that leaves a gap, or begins before the first entry, is no log', (t) => {
  const bench = new Bench()
  t.throws(() => bench.receive(2, ['a1']), { instanceOf: RangeError })
  t.throws(() => bench.receive(0, ['a1']), { instanceOf: RangeError })
  t.is(bench.log.last, 0)
})

test('what both have already is passed over', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2'])
  bench.receive(1, ['a1', 'a2', 'a3'])
  t.is(bench.log.last, 3)
  t.deepEqual(bench.cuts, [])
})

test('an entry of another term cuts what we had there, and that goes up again', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2', 'a3'])
  bench.receive(2, ['b1'], {}, 2)
  t.deepEqual(bench.cuts, [1])
  t.deepEqual(bench.again, ['a2', 'a3'])
  t.deepEqual([bench.log.last, bench.log.lastNumber(asPublisherId('b'))], [2, 1])
})

test('in a silent network a LOG without entries cuts a stale tail', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2'])
  bench.receive(2, [], { cut: true })
  t.deepEqual([bench.cuts, bench.again, bench.log.last], [[1], ['a2'], 1])
})

test('what was dropped here cannot be changed any more', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2'])
  bench.log.dropTo(2)
  t.throws(() => bench.receive(2, ['b1'], {}, 2), { message: /all servers had applied/ })
})

test('where a snapshot has to come first no log is taken', (t) => {
  const bench = new Bench()
  bench.isSnapshotDue = true
  t.throws(() => bench.receive(1, ['a1']), { instanceOf: RangeError })
  t.is(bench.log.last, 0)
})

test('an acknowledgement leaves once a turn, and only when our disk has what it is about', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1'], { ack: true })
  bench.receive(2, ['a2'], { ack: true })
  bench.intake.acknowledge()
  t.deepEqual(bench.acks(), [])
  bench.store()
  t.deepEqual(bench.acks(), [2])
  bench.intake.acknowledge()
  bench.store()
  t.deepEqual(bench.acks(), [], 'once')
})

test('what is cut while it waits for the disk is not acknowledged', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2'], { ack: true })
  bench.intake.acknowledge()
  bench.intake.cutTo(1)
  bench.store()
  t.deepEqual(bench.acks(), [1])
})

test('what the last parent was owed is not told to the next', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1'], { ack: true })
  bench.intake.acknowledge()
  bench.intake.parentLost()
  bench.role.search()
  bench.becomeChild('other')
  bench.store()
  t.deepEqual(bench.acks(), [])
})

test('messages whose number another one has taken are counted', (t) => {
  const bench = new Bench()
  bench.isReplaced = true
  bench.receive(1, ['a1', 'a2'])
  t.deepEqual(
    effectsOf(bench.take(), 'report').map(({ event }) => event),
    [{ event: 'messages-replaced', count: 2 }],
  )
})

test('what a skip passes over leaves the queue', (t) => {
  const bench = new Bench()
  bench.queue.add(pendingRun('b', 2))
  bench.queue.add(pendingRun('b', 3))
  bench.queue.add(pendingRun('b', 4))
  const skip = { ...pending('s', 1), kind: 'skip' as const, body: bytes(JSON.stringify([['b', 3]])) }
  const run = LogRun.of({ ...skip, epoch: term(1), timestamp: 1 })
  bench.intake.received({ type: 'LOG', from: 1, runs: [run], commit: 0, ack: false })
  t.deepEqual(namesIn(bench.queue.all()), ['b4'])
})

test('what the log tells of all servers, and of clients that wait for them, is passed on with it', (t) => {
  const bench = new Bench()
  bench.receive(1, ['a1', 'a2'], { everywhere: 1, prompt: true })
  t.deepEqual([bench.stable, bench.demanded], [[1], [2]])
})
