/** Who holds a session, as one server tells it and hears of it in the log. */
import {
  asClientId,
  asPublisherId,
  asSessionToken,
  maxHoldingsPerEntry,
  publisherOf,
  sessionIdOf,
  timestampAtUnixMs,
  type ClientId,
  type EntryKind,
  type LogEntry,
  type PendingEntry,
  type ServerCommand,
  type SessionHolding,
  type SessionId,
} from '@jwp/protocol'
import test from 'ava'
import type { ClientState } from '#dist/core/clients/client-state.js'
import { Takeovers } from '#dist/core/clients/takeovers.js'
import { Log } from '#dist/core/log/log.js'
import { bytes, clientState, parsed, pending, platform, term } from './support/pieces.js'

/** An id that is these hex digits. */
const idOf = (digits: string): SessionId =>
  sessionIdOf(asSessionToken(digits), '', { sha256Hex: () => digits })
const session = idOf('ab'.repeat(16))
const other = idOf('cd'.repeat(16))
const self = asPublisherId('m#1')
const now = 1_800_000_000_000

const entryOf = (home: string, kind: EntryKind, body: unknown): LogEntry => ({
  ...{ ...pending(home, 1), kind, body: bytes(JSON.stringify(body)) },
  ...{ epoch: term(1), timestamp: 1 },
})

/** A server's bookkeeping of holders, whose clients are what the test says. */
class Bench {
  readonly clients = new Map<SessionId, ClientState>()
  readonly told: [ClientId, string][] = []
  said: SessionHolding[][] = []
  hybridMs = now
  lastTimestamp = 0
  readonly takeovers: Takeovers
  #next = 1

  constructor() {
    const bench = (): Bench => this
    const log = new Log(platform)
    this.takeovers = new Takeovers({
      platform,
      self: { publisher: self },
      calendar: {
        get hybridMs() {
          return bench().hybridMs
        },
      },
      log: {
        get lastTimestamp() {
          return bench().lastTimestamp
        },
        marksOf: (entry: PendingEntry) => log.marksOf(entry),
      },
      sessions: {
        holderOf: (id: SessionId) => this.clients.get(id),
        numbered: function* () {
          for (const { session } of bench().clients.values()) yield session!
        },
        close: (client: ClientState) => {
          this.clients.delete(client.session!.id)
        },
      },
      outbox: {
        sendToClient: (client: ClientId, command: ServerCommand) => {
          if (command.command === 'AUTHENTICATION_FAIL') this.told.push([client, command.info])
        },
      },
      ownEntries: {
        publish: (_: EntryKind, body: Uint8Array) => {
          const { sessions } = parsed<{ readonly sessions: SessionHolding[] }>(body)
          return this.said.push(sessions)
        },
      },
    })
  }

  get isHeld(): boolean {
    return this.clients.has(session)
  }

  /** A session has begun here. */
  begin(mark = 'aaaaaaaa', id = session): void {
    this.#hold(id, mark, 0, 0)
  }

  resume(mark = 'aaaaaaaa', id = session): number {
    const stamp = this.takeovers.resumed(id, mark)
    this.#hold(id, mark, stamp, undefined)
    return stamp
  }

  /** What it has to tell now. */
  flush(): SessionHolding[][] {
    this.said = []
    this.takeovers.flush()
    return this.said
  }

  hear(index: number, stamp: number, mark = 'bbbbbbbb', home: string = 'other#1'): void {
    this.apply(index, { sessions: [[session, stamp, mark]] }, home)
  }

  apply(index: number, body: unknown, home: string = self): void {
    this.takeovers.apply(entryOf(home, 'resumed', body), index)
  }

  #hold(id: SessionId, mark: string, stamp: number, toldAt: number | undefined): void {
    const client = clientState(this.#next++)
    client.session = {
      ...{
        token: client.freshToken,
        id,
        publisher: publisherOf(id, mark),
        ackLevel: 'held',
        mark,
        stamp,
        toldAt,
      },
      ...{ receivedUpTo: 0, early: new Map<number, Uint8Array>(), earlyBytes: 0 },
    }
    this.clients.set(id, client)
  }
}

test('whoever resumed later keeps it; who never resumed loses it to anybody who did', (t) => {
  const bench = new Bench()
  bench.begin()
  bench.hear(1, 5)
  t.deepEqual(bench.told, [[asClientId(1), 'this session was taken over']])
  const stamp = bench.resume()
  bench.hear(2, stamp - 1)
  t.true(bench.isHeld)
  bench.hear(3, stamp + 1)
  t.false(bench.isHeld)
})

test('of two with one stamp the same one is left, whichever hears of the other: by mark, then by server', (t) => {
  for (const [ours, theirs, home, isLeft] of [
    ['aaaaaaaa', 'bbbbbbbb', 'a#1', false],
    ['bbbbbbbb', 'aaaaaaaa', 'z#1', true],
    ['aaaaaaaa', 'aaaaaaaa', 'z#1', false],
    ['aaaaaaaa', 'aaaaaaaa', 'a#1', true],
  ] as const) {
    const bench = new Bench()
    bench.hear(1, bench.resume(ours), theirs, home)
    t.is(bench.isHeld, isLeft, `${ours} here, ${theirs} at ${home}`)
  }
})

test('the same holder is told nothing', (t) => {
  const bench = new Bench()
  bench.resume('aaaaaaaa')
  bench.hear(1, now + 1, 'aaaaaaaa')
  t.false(bench.isHeld)
  t.deepEqual(bench.told, [])
})

test('a server whose calendar is behind goes above what it has heard of, in the log or from its parent', (t) => {
  const bench = new Bench()
  bench.hear(1, now + 50_000)
  t.is(bench.resume(), now + 50_001)
  bench.takeovers.sawStamp(now + 70_000)
  t.is(bench.resume(), now + 70_001)
  t.deepEqual(bench.takeovers.stampForChildren(), { resumedStamp: now + 70_001 })
  bench.takeovers.sawStamp(undefined)
  bench.hybridMs = now + 80_000.5
  t.is(bench.resume(), now + 80_000)
  bench.lastTimestamp = timestampAtUnixMs(now + 90_000)
  t.is(bench.resume(), now + 90_000)
  t.deepEqual(new Bench().takeovers.stampForChildren(), {}, 'who knows of none says nothing')
})

test('what was resumed in one turn is told at once, in entries of bounded length; the rest is silence', (t) => {
  const bench = new Bench()
  bench.begin('aaaaaaaa', other)
  t.deepEqual(bench.flush(), [])
  for (let k = 0; k <= maxHoldingsPerEntry; k++)
    bench.resume('aaaaaaaa', idOf(k.toString(16).padStart(32, '0')))
  t.deepEqual(
    bench.flush().map((sessions) => sessions.length),
    [maxHoldingsPerEntry, 1],
  )
  t.deepEqual(bench.flush(), [])
})

test('an old holding that comes after a newer one was told is answered with that, once', (t) => {
  const bench = new Bench()
  const stamp = bench.resume()
  bench.flush()
  bench.hear(1, 5)
  t.deepEqual(bench.flush(), [], 'ours is still on its way, and comes after it')
  bench.hear(2, stamp, 'aaaaaaaa', self)
  bench.hear(3, 5)
  bench.hear(4, 6)
  t.deepEqual(bench.flush(), [[[session, stamp, 'aaaaaaaa']]])
  bench.hear(5, 5)
  t.deepEqual(bench.flush(), [])
})

test('what was told in a part of the log that is cut comes again by itself', (t) => {
  const bench = new Bench()
  const stamp = bench.resume()
  bench.flush()
  bench.hear(7, stamp, 'aaaaaaaa', self)
  bench.takeovers.cutTo(6)
  bench.hear(7, 5)
  t.deepEqual(bench.flush(), [])
  bench.hear(8, stamp, 'aaaaaaaa', self)
  bench.hear(9, 5)
  t.is(bench.flush().length, 1)
})

test('a log that starts over without what was told is told all that is held here, begun or resumed', (t) => {
  const bench = new Bench()
  bench.begin('aaaaaaaa', other)
  const stamp = bench.resume()
  bench.flush()
  bench.takeovers.sayAgain()
  t.deepEqual(bench.flush(), [
    [
      [other, 0, 'aaaaaaaa'],
      [session, stamp, 'aaaaaaaa'],
    ],
  ])
})

test('so it is when somebody has dropped what this server said, and not when it was somebody else', (t) => {
  const bench = new Bench()
  const stamp = bench.resume()
  bench.flush()
  const skip = (publisher: string): void =>
    bench.takeovers.apply(entryOf('other#1/x', 'skip', [[publisher, 3]]), 9)
  skip('other#1')
  t.deepEqual(bench.flush(), [])
  skip(self)
  t.deepEqual(bench.flush(), [[[session, stamp, 'aaaaaaaa']]])
})

test('a body that is something else says nothing', (t) => {
  const bench = new Bench()
  bench.begin()
  for (const body of [
    7,
    {},
    { sessions: [[session, 5]] },
    { sessions: [[session, -1, 'bbbbbbbb']] },
    { sessions: [['x', 5, 'bbbbbbbb']] },
  ])
    bench.apply(1, body, 'other#1')
  t.true(bench.isHeld)
})
