/** The downlink alone: how far each child gets the log, in what portions, and how it starts over or learns of a cut. */
import test from 'ava'
import type { LinkId, LogIndex, SnapshotRows } from '@jwp/protocol'
import { countOf, LogRun, maxBatchBytes } from '@jwp/protocol'
import { Downlink } from '#dist/core/log/downlink.js'
import { effectsOf, Ground, pending, term, type GroundOptions } from './support/pieces.js'

class Bench extends Ground {
  readonly commit = { index: 0 }
  /** Children that owe the root an acknowledgement, as it was noted. */
  readonly owing: LinkId[] = []
  users: SnapshotRows['users'] = []
  /** What every server has applied, and up to where a client waits for that. */
  readonly stable = { index: 0 }
  readonly demand = { upTo: 0 }
  readonly downlink: Downlink

  constructor(options: GroundOptions = {}) {
    super(options)
    this.downlink = new Downlink({
      ...{ log: this.log, commit: this.commit, role: this.role, links: this.links, options: this.options },
      ...{ stable: this.stable, demand: this.demand },
      inSync: { awaitAck: (link) => this.owing.push(link) },
      directory: { usersUpTo: () => [...this.users] },
      presence: { tableAt: () => ({ users: [], homes: [] }) },
    })
    this.onChildLost = (child) => this.downlink.childLost(child)
  }

  /** A child joins that has the log up to here. */
  join(name: string, { common = 0, needsSnapshot = false } = {}): LinkId {
    const link = this.addChild(name)
    this.downlink.childJoined({ child: this.children.get(link)!, common, needsSnapshot })
    return link
  }

  /** Ends a turn: what left in it, LOG as [from, up to, commit]. */
  flush(): Sent[] {
    this.downlink.flush()
    return effectsOf(this.take(), 'send').map(({ link, message }) => {
      if (message.type !== 'LOG') return { link, type: message.type }
      const { from, runs, commit, ack, cut } = message
      return {
        ...{ link, log: [from, from + countOf(runs) - 1, commit] as const, ack },
        ...(cut === undefined ? {} : { cut }),
      }
    })
  }
}

type Sent =
  | { readonly link: LinkId; readonly type: string }
  | {
      readonly link: LinkId
      readonly log: readonly [from: LogIndex, upTo: LogIndex, commit: LogIndex]
      readonly ack: boolean
      readonly cut?: boolean
    }

function rootWith(entries: number, options: GroundOptions = {}): Bench {
  const bench = new Bench(options)
  bench.becomeRoot()
  bench.write(new Array<string>(entries).fill('a'))
  return bench
}

test('a root sends all that it has, asks for acknowledgements, and says what is committed', (t) => {
  const bench = rootWith(3)
  bench.commit.index = 1
  const child = bench.join('child')
  t.deepEqual(bench.flush(), [{ link: child, log: [1, 3, 1], ack: true }])
  t.deepEqual(bench.owing, [child])
  t.is(bench.downlink.sentTo(child), 3)
  t.deepEqual(bench.flush(), [], 'it has all of it')
})

test('any other server sends only what is committed, and asks for nothing', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.write(['a', 'a', 'a'])
  bench.commit.index = 2
  const child = bench.join('child')
  t.is(bench.downlink.end, 2)
  t.deepEqual(bench.flush(), [{ link: child, log: [1, 2, 2], ack: false }])
  t.deepEqual(bench.owing, [])
  bench.commit.index = 3
  t.deepEqual(bench.flush(), [{ link: child, log: [3, 3, 3], ack: false }])
})

test('each child goes on after what it has in common with us', (t) => {
  const bench = rootWith(3)
  const [first, second] = [bench.join('first', { common: 2 }), bench.join('second')]
  t.is(bench.downlink.sentToAll(), 0)
  t.deepEqual(bench.flush(), [
    { link: first, log: [3, 3, 0], ack: true },
    { link: second, log: [1, 3, 0], ack: true },
  ])
  t.is(bench.downlink.sentToAll(), 3)
})

test('an index that is committed is told to each child, once, though nothing else is new', (t) => {
  const bench = rootWith(2)
  const child = bench.join('child')
  bench.flush()
  t.false(bench.downlink.committedAtAll(2))
  bench.commit.index = 2
  t.deepEqual(bench.flush(), [{ link: child, log: [3, 2, 2], ack: true }])
  t.true(bench.downlink.committedAtAll(2))
  t.deepEqual(bench.flush(), [])
})

test('a child far behind gets some batches per turn; none commits beyond what the child has got', (t) => {
  const bench = rootWith(10, { limits: { batchEntries: 2 } })
  bench.commit.index = 9
  const child = bench.join('child')
  t.deepEqual(
    bench.flush().map((sent) => ('log' in sent ? sent.log : sent)),
    [
      [1, 2, 2],
      [3, 4, 4],
      [5, 6, 6],
      [7, 8, 8],
    ],
  )
  t.true(bench.downlink.hasMore, 'another turn is wanted at once')
  t.deepEqual(bench.flush(), [{ link: child, log: [9, 10, 9], ack: true }])
  t.false(bench.downlink.hasMore)
})

test('a batch ends with the entry that makes it too long', (t) => {
  const bench = new Bench()
  bench.becomeRoot()
  const half = 'x'.repeat(maxBatchBytes / 2)
  for (const n of [1, 2, 3])
    bench.log.append(LogRun.of({ ...pending('a', n, half), epoch: term(1, 'me'), timestamp: n }))
  bench.join('child')
  t.deepEqual(
    bench.flush().map((sent) => ('log' in sent ? sent.log : sent)),
    [
      [1, 2, 0],
      [3, 3, 0],
    ],
  )
})

test('a child whose line is full gets nothing, keeps nobody else waiting, and wants no turn', (t) => {
  const bench = rootWith(1)
  const [slow, quick] = [bench.join('slow'), bench.join('quick')]
  bench.links.get(slow)!.blockedSinceMs = 0
  t.deepEqual(bench.flush(), [{ link: quick, log: [1, 1, 0], ack: true }])
  t.false(bench.downlink.hasMore)
  t.is(bench.downlink.sentToAll(), 0)
  bench.links.get(slow)!.blockedSinceMs = undefined
  t.deepEqual(bench.flush(), [{ link: slow, log: [1, 1, 0], ack: true }])
})

test('a child that has more than our log after a cut is told so, though nothing is new', (t) => {
  const bench = rootWith(3)
  const [ahead, behind] = [bench.join('ahead'), bench.join('behind')]
  bench.links.get(behind)!.blockedSinceMs = 0
  bench.flush()
  bench.links.get(behind)!.blockedSinceMs = undefined
  bench.log.cutTo(1)
  bench.downlink.cutTo(1)
  t.is(bench.downlink.sentTo(ahead), 1)
  t.deepEqual(bench.flush(), [
    { link: ahead, log: [2, 1, 0], ack: true, cut: true },
    { link: behind, log: [1, 1, 0], ack: true },
  ])
  t.deepEqual(bench.flush(), [], 'it is told once')
})

test('after a cut new entries alone say it', (t) => {
  const bench = rootWith(3)
  const child = bench.join('child')
  bench.flush()
  bench.log.cutTo(1)
  bench.downlink.cutTo(1)
  bench.write(['b'], 2, 'me')
  t.deepEqual(bench.flush(), [{ link: child, log: [2, 2, 0], ack: true }])
  t.deepEqual(bench.flush(), [])
})

test('a committed index beyond a cut counts as not told', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.write(['a', 'a'])
  bench.commit.index = 2
  bench.join('child')
  bench.flush()
  t.true(bench.downlink.committedAtAll(2))
  bench.downlink.cutTo(1)
  t.false(bench.downlink.committedAtAll(2))
})

test('a child that comes too late for our log gets a snapshot, one part per turn, and then the log', (t) => {
  const bench = rootWith(4, { limits: { snapshotRows: 2 } })
  bench.log.dropTo(2)
  bench.users = ['u', 'v', 'w'].map((username) => ({ username, salt: '', verifier: '', index: 1 }))
  const child = bench.join('child', { needsSnapshot: true })
  t.is(bench.downlink.sentTo(child), 2, 'what follows our base must not be dropped now')
  t.deepEqual(bench.flush(), [{ link: child, type: 'SNAPSHOT_PART' }])
  t.true(bench.downlink.hasMore)
  t.deepEqual(bench.flush(), [
    { link: child, type: 'SNAPSHOT' },
    { link: child, log: [3, 4, 0], ack: true },
  ])
  t.false(bench.downlink.hasMore)
})

test('the tables of a snapshot are those of its beginning, and children that come together share them', (t) => {
  const bench = rootWith(2, { limits: { snapshotRows: 1 } })
  bench.log.dropTo(1)
  const user = (username: string) => ({ username, salt: '', verifier: '', index: 1 })
  bench.users = [user('u')]
  bench.join('first', { needsSnapshot: true })
  bench.users = [user('v')]
  bench.join('second', { needsSnapshot: true })
  const users: string[] = []
  for (let turn = 0; turn < 10 && (turn === 0 || bench.downlink.hasMore); turn++) {
    bench.downlink.flush()
    for (const { message } of effectsOf(bench.take(), 'send'))
      if (message.type === 'SNAPSHOT' || message.type === 'SNAPSHOT_PART')
        users.push(...message.users.map(({ username }) => username))
  }
  t.deepEqual(users, ['u', 'u'])
})

test('a child that is lost keeps nothing back', (t) => {
  const bench = rootWith(1)
  const child = bench.join('child')
  bench.children.drop(bench.children.get(child)!, 'dead')
  bench.take()
  t.deepEqual([bench.downlink.sentToAll(), bench.downlink.sentTo(child)], [Infinity, 0])
  t.true(bench.downlink.committedAtAll(99))
  t.deepEqual(bench.flush(), [])
})

test('the log tells how far every server has come, and up to where reports are to come soon', (t) => {
  const bench = rootWith(4)
  bench.stable.index = 2
  bench.demand.upTo = 3
  bench.join('child')
  const said = (): (readonly [number | undefined, boolean | undefined])[] => {
    bench.downlink.flush()
    return effectsOf(bench.take(), 'send').map(({ message }) =>
      message.type === 'LOG' ? [message.everywhere, message.prompt] : [undefined, undefined],
    )
  }
  t.deepEqual(said(), [[2, true]])
  bench.write(['b'])
  t.deepEqual(said(), [[2, undefined]], 'nobody waits for that one')
})
