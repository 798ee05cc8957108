/** What a server says in the log of the users that are connected to it. */
import test from 'ava'
import {
  asClientId,
  asPublisherId,
  maxBehind,
  openEnd,
  type ClientId,
  type EntryKind,
  type Feature,
  type Lineage,
  type PresenceRow,
  type PublisherId,
} from '@jwp/protocol'
import type { Backlog } from '#dist/core/presence/backlog.js'
import type { WhenApplied } from '#dist/core/log/own-entries.js'
import { PresenceTracker } from '#dist/core/presence/presence-tracker.js'
import { clientState, Ground, parsed, platform, term } from './support/pieces.js'

const self: PublisherId = asPublisherId('self')

/** What an entry of any of the kinds says, as JSON. */
interface Said {
  readonly connections?: readonly (readonly [number, string])[]
  readonly again?: boolean
  readonly connection?: number
  readonly upTo?: number
  readonly at?: unknown
  readonly behind?: readonly unknown[]
}

/** A tracker, and a log that is one term, of activities only. */
class Bench {
  nowMs = 0
  readonly written = new Map<ClientId, number>()
  /** What is written after this was written only now. */
  settled = Infinity
  readonly connected = new Set<number>()
  /** What the log tells of users; undefined: nothing. */
  readonly rows = new Map<string, PresenceRow>()
  said: (readonly [kind: EntryKind, body: Said])[] = []
  #whenApplied: WhenApplied[] = []
  readonly tracker: PresenceTracker

  constructor() {
    const bench = (): Bench => this
    const { options, deadpool } = new Ground({
      timing: { confirmEveryMs: 1_000 },
      limits: { offline: 'missed' },
    })
    this.tracker = new PresenceTracker({
      time: {
        get nowMs() {
          return bench().nowMs
        },
      },
      ...{ options, deadpool, platform },
      log: {
        lineageUpTo: (index: number): Lineage => [[term(1), index]],
        activitiesBetween: (after: number, upTo: number) => Math.max(0, upTo - after),
      },
      self: { publisher: self },
      fanOut: {
        writtenUpTo: (client: ClientId) => this.written.get(client) ?? 0,
        settledUpTo: (client: ClientId) => Math.min(this.settled, this.written.get(client) ?? 0),
      },
      presence: {
        isConnected: (_: PublisherId, number: number) => this.connected.has(number),
        connectionsAt: () => [...this.connected],
        row: (username: string) => this.rows.get(username),
      },
      ownEntries: {
        publish: (kind: EntryKind, body: Uint8Array, whenApplied?: WhenApplied) => {
          this.said.push([kind, parsed(body)])
          if (whenApplied !== undefined) this.#whenApplied.push(whenApplied)
          return this.said.length
        },
      },
    })
  }

  /** A user comes, with the log written to it up to here. */
  come(id: number, writtenUpTo: number, ...features: Feature[]): ClientId {
    const client = asClientId(id)
    this.written.set(client, writtenUpTo)
    this.tracker.arrive(clientState(id, ...features), `user${id}`)
    return client
  }

  applyAll(index = 1): void {
    for (const whenApplied of this.#whenApplied.splice(0)) whenApplied(index)
    this.connected.clear()
    for (const [kind, { connections }] of this.said)
      if (kind === 'login') for (const [number] of connections ?? []) this.connected.add(number)
  }

  confirm(): Said | undefined {
    this.said = []
    this.tracker.applyActivities()
    this.nowMs += 1_000
    this.tracker.tick()
    return this.said.find(([kind]) => kind === 'delivered')?.[1]
  }
}

const at = (index: number): unknown => [[term(1), index]]

test('one mark stands for all whose login is in the log, and says nothing twice', (t) => {
  const bench = new Bench()
  bench.come(1, 40)
  bench.come(2, 30)
  bench.applyAll()
  bench.come(3, 50)
  t.deepEqual(bench.confirm(), { upTo: 2, at: at(30), behind: [] })
  t.is(bench.confirm(), undefined)
  bench.written.set(asClientId(2), 45)
  t.deepEqual(bench.confirm(), { upTo: 2, at: at(40), behind: [] })
})

test('who is far behind is named, and holds back nobody', (t) => {
  const bench = new Bench()
  bench.come(1, 5_000)
  bench.come(2, 4_500)
  bench.come(3, 7)
  bench.applyAll()
  t.deepEqual(bench.confirm(), { upTo: 3, at: at(4_500), behind: [[3, at(7)]] })
})

test('an entry names a bounded number of those who are far behind', (t) => {
  const bench = new Bench()
  bench.come(1, 500_000)
  for (let id = 2; id <= maxBehind + 20; id++) bench.come(id, id * 10)
  bench.applyAll()
  const { at: mark, behind } = bench.confirm()!
  t.is(behind?.length, maxBehind)
  t.deepEqual(mark, at((maxBehind + 2) * 10), 'the first that is not named holds the mark')
})

test('who can confirm counts as far as it has confirmed, and as it was written to', (t) => {
  const bench = new Bench()
  const client = bench.come(1, 40, 'resume')
  bench.applyAll()
  t.is(bench.confirm(), undefined, 'nothing yet')
  bench.tracker.confirmed(client, 25)
  t.deepEqual(bench.confirm(), { upTo: 1, at: at(25), behind: [] })
  bench.tracker.confirmed(client, 90)
  bench.said = []
  bench.tracker.leave(client)
  t.deepEqual(bench.said, [['logout', { connection: 1, at: at(40) }]])
})

test('what was cut is confirmed no longer', (t) => {
  const bench = new Bench()
  const client = bench.come(1, 40, 'resume')
  bench.applyAll()
  bench.tracker.confirmed(client, 40)
  t.deepEqual(bench.confirm(), { upTo: 1, at: at(40), behind: [] })
  bench.tracker.cutTo(20)
  bench.tracker.confirmed(client, 30)
  t.deepEqual(bench.confirm(), { upTo: 1, at: at(30), behind: [] })
})

test('whoever reads that it is gone says who is there: those in the log, and not those who still come', (t) => {
  const bench = new Bench()
  bench.come(1, 1)
  bench.come(2, 1)
  bench.applyAll()
  bench.come(3, 1)
  bench.connected.delete(1)
  bench.said = []
  bench.tracker.endApply()
  t.deepEqual(bench.said, [], 'nobody has said so')
  bench.tracker.wasForgotten()
  bench.tracker.endApply()
  t.deepEqual(bench.said, [['login', { connections: [[1, 'user1']], again: true }]])
  bench.said = []
  bench.tracker.endApply()
  t.deepEqual(bench.said, [])
})

test('whoever left in entries that are lost leaves again, and nobody knows how far he had got', (t) => {
  const bench = new Bench()
  bench.come(1, 1)
  const second = bench.come(2, 1)
  bench.applyAll()
  bench.tracker.leave(second)
  bench.said = []
  bench.tracker.wasForgotten()
  bench.tracker.endApply()
  t.deepEqual(bench.said, [['logout', { connection: 2, at: at(0) }]])
})

test('who goes on with a session was never away', (t) => {
  const bench = new Bench()
  bench.tracker.arrive(clientState(1, 'resume'), 'ann', { again: true })
  t.deepEqual(bench.said, [['login', { connections: [[1, 'ann']], again: true }]])
})

test('of who does not confirm the log counts only what was written a while ago, until its connection ends in order', (t) => {
  const bench = new Bench()
  const [plain, other] = [bench.come(1, 10), bench.come(2, 10)]
  bench.come(3, 10, 'resume')
  bench.applyAll()
  bench.tracker.confirmed(asClientId(3), 10)
  bench.settled = 7
  t.deepEqual(bench.confirm(), { upTo: 3, at: at(7), behind: [] })
  // Nothing was applied since, and the rest is said all the same when it is certain.
  bench.settled = 10
  bench.said = []
  bench.nowMs += 1_000
  bench.tracker.tick()
  t.like(bench.said[0]?.[1], { at: at(10) })
  bench.settled = 7
  bench.said = []
  bench.tracker.leave(plain, { isReset: true })
  bench.tracker.leave(other)
  t.deepEqual(
    bench.said.map(([, body]) => body.at),
    [at(7), at(10)],
  )
})

test('who comes back while an older connection seems alive is owed what was written to that one only now', (t) => {
  const owedTo = (written: number, settled: number, ...features: Feature[]): Backlog | undefined => {
    const bench = new Bench()
    bench.come(1, written, ...features)
    bench.applyAll()
    bench.settled = settled
    bench.tracker.confirmed(asClientId(1), written)
    let backlog: Backlog | undefined
    bench.rows.set('user1', {
      cursor: 2,
      windows: [[2, openEnd]],
      connections: [
        [self, 1, 2],
        [self, 2, 2],
      ],
    })
    bench.tracker.arrive(clientState(2), 'user1', { whenLogged: (what) => (backlog = what) })
    bench.applyAll(12)
    return backlog
  }
  t.deepEqual(owedTo(10, 7), { after: 7, skippedRanges: [] })
  t.deepEqual(owedTo(10, 10), { after: 10, skippedRanges: [] })
  t.deepEqual(owedTo(10, 7, 'resume'), { after: 10, skippedRanges: [] }, 'this one has said what it has')
})

/** A plain client and one that confirms are there, the log written to both, and of it the plain one has had 7 for certain. */
function twoThatEnd(): Bench {
  const bench = new Bench()
  bench.come(1, 10)
  bench.come(2, 10, 'resume')
  bench.applyAll()
  bench.tracker.confirmed(asClientId(2), 9)
  bench.settled = 7
  bench.said = []
  return bench
}

test('of a connection that we end the log is told when it is over, and how', (t) => {
  for (const [isReset, position] of [
    [true, 7],
    [false, 10],
  ] as const) {
    const bench = twoThatEnd()
    bench.tracker.leave(asClientId(1), { isEnding: true, isMoving: true })
    // Whoever writes to it no more knows no more of it either.
    bench.written.delete(asClientId(1))
    t.deepEqual(bench.said, [])
    t.true(bench.tracker.isAnyEnding)
    bench.tracker.ended(asClientId(1), isReset)
    t.deepEqual(bench.said, [['logout', { connection: 1, at: at(position), moving: true }]])
    t.false(bench.tracker.isAnyEnding)
    bench.tracker.ended(asClientId(1), isReset)
    t.is(bench.said.length, 1, 'once')
  }
})

test('a connection that we end and that does not end in a second has had all that was written to it', (t) => {
  const bench = twoThatEnd()
  bench.tracker.leave(asClientId(1), { isEnding: true })
  const dueMs = bench.tracker.nextDeadlineMs()!
  t.is(dueMs, bench.nowMs + 1_000)
  bench.nowMs = dueMs - 1
  bench.tracker.tick()
  t.deepEqual(bench.said, [])
  bench.nowMs = dueMs
  bench.tracker.tick()
  t.deepEqual(bench.said, [['logout', { connection: 1, at: at(10) }]])
  t.is(bench.tracker.nextDeadlineMs(), undefined)
})

test('of a client that confirms, or has nothing uncertain, the log is told at once that we end its connection', (t) => {
  const bench = twoThatEnd()
  bench.tracker.leave(asClientId(2), { isEnding: true })
  t.deepEqual(bench.said, [['logout', { connection: 2, at: at(9) }]])
  bench.settled = 10
  bench.said = []
  bench.tracker.leave(asClientId(1), { isEnding: true })
  t.deepEqual(bench.said, [['logout', { connection: 1, at: at(10) }]])
})

test('while a connection ends no mark says more of it than is certain, and a cut takes that back', (t) => {
  const bench = twoThatEnd()
  bench.tracker.leave(asClientId(1), { isEnding: true })
  bench.written.delete(asClientId(1))
  bench.tracker.applyActivities()
  bench.nowMs += 500
  bench.tracker.tick()
  t.deepEqual(bench.said, [['delivered', { upTo: 2, at: at(7), behind: [] }]])
  bench.said = []
  bench.tracker.cutTo(5)
  bench.tracker.ended(asClientId(1), false)
  t.deepEqual(bench.said, [['logout', { connection: 1, at: at(5) }]])
})

test('what was confirmed of a log that starts over is not confirmed of the next one', (t) => {
  const bench = new Bench()
  const client = bench.come(1, 40, 'resume')
  bench.applyAll()
  bench.tracker.confirmed(client, 40)
  t.like(bench.confirm(), { at: at(40) })
  bench.tracker.restart({ common: 20 })
  bench.written.set(client, 60)
  t.is(bench.confirm(), undefined)
  bench.tracker.confirmed(client, 30)
  t.like(bench.confirm(), { at: at(30) })
})
