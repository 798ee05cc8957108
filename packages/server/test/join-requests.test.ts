/** Join requests alone: what a root decides, what everybody else passes up, and what is refused on the way. */
import test from 'ava'
import {
  asServerName,
  type Address,
  type LinkId,
  type RefusalReason,
  type ServerMessageOf,
} from '@jwp/protocol'
import { ClockChoice } from '#dist/core/log/clock-choice.js'
import { JoinRequests } from '#dist/core/tree/join-requests.js'
import { address, ancestor, clock, effectsOf, Ground, idOf, sentOf, term } from './support/pieces.js'

type Authenticate = ServerMessageOf<'AUTHENTICATE'>

const asking = (name: string, over: Partial<Authenticate> = {}): Authenticate => ({
  ...{
    type: 'AUTHENTICATE',
    secret: 'me',
    mysecret: name,
    name: asServerName(name),
    hostname: name,
    port: 1,
  },
  ...{ id: idOf(name), lineage: [], base: 0, length: 0, size: 1, sinceMs: 0, root: false, dry: false },
  ...over,
})

const checkOf = (name: string, nonce: number): ServerMessageOf<'CHECK'> => ({
  ...{ type: 'CHECK', nonce, id: idOf(name), name: asServerName(name), hostname: name, port: 1 },
  ...{ root: false, size: 1, sinceMs: 0, length: 0 },
})

class Bench extends Ground {
  readonly clocks = new ClockChoice(clock)
  readonly merging = {
    isMerging: false,
    isJunior: true,
    asked: new Array<Address>(),
    weAreJuniorTo: (): boolean => this.merging.isJunior,
    askToMerge: (to: Address): void => {
      this.merging.asked.push(to)
    },
  }
  isSnapshotDue = false
  logEnd = Infinity
  readonly requests = new JoinRequests({
    ...{ self: this.self, time: this.time, options: this.options, role: this.role, terms: this.terms },
    ...{ position: this.position, log: this.log, links: this.links, children: this.children },
    ...{ deadpool: this.deadpool, clocks: this.clocks, merging: this.merging, outbox: this.outbox },
    topology: { pathBelow: () => [{ id: this.self.id, address: this.self.address }], heirs: () => [] },
    listeners: { childJoined: (joined) => this.joined.push(joined) },
    resumedStamp: () => ({}),
    logEnd: () => this.logEnd,
    stableIndex: () => 0,
    isSnapshotDue: () => this.isSnapshotDue,
  })

  /** A server asks on a link of its own, which is answered at once or later. */
  asked(message: Authenticate): LinkId {
    const link = this.openLink(message.name, 'unknown')
    this.requests.asked(link, message)
    return link
  }

  /** What those who asked were told since the last call: the reason of a refusal, or that they were taken. */
  answers(): (RefusalReason | 'taken in')[] {
    return effectsOf(this.take(), 'send').flatMap(({ message }) => {
      if (message.type === 'REFUSE') return [message.why]
      return message.type === 'AUTHENTICATION_SUCCESS' ? ['taken in' as const] : []
    })
  }
}

function rootBench(): Bench {
  const bench = new Bench()
  bench.becomeRoot()
  return bench
}

function childBench(): { readonly bench: Bench; readonly parent: LinkId } {
  const bench = new Bench()
  const parent = bench.becomeChild()
  bench.take()
  return { bench, parent }
}

test('a root takes who asks: the link is that of a child, and the listeners hear how far both logs are the same', (t) => {
  const bench = rootBench()
  bench.write(['a', 'a', 'a'])
  const link = bench.asked(asking('x', { lineage: [[term(1), 2]], length: 2, size: 4 }))
  t.deepEqual(bench.answers(), ['taken in'])
  t.is(bench.links.get(link)?.purpose, 'child')
  t.is(bench.children.treeSize(), 5)
  const [joined] = bench.joined
  t.is(joined?.child.id, idOf('x'))
  t.deepEqual([joined?.common, joined?.needsSnapshot], [2, false])
})

test('a dry question is answered, and nobody is taken', (t) => {
  const bench = rootBench()
  const link = bench.asked(asking('x', { dry: true }))
  t.deepEqual(bench.answers(), ['rooted'])
  t.is(bench.links.get(link)?.purpose, 'unknown')
  t.is(bench.children.count, 0)
})

test('an orphan refuses, with its own position: the best of several orphans founds the next tree', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a'])
  bench.asked(asking('x'))
  const { message } = sentOf(bench.take(), 'REFUSE')
  t.deepEqual(message, { type: 'REFUSE', why: 'orphan', position: bench.position.now() })
  t.is(message.position?.index, 2)
})

test('a server that finds itself to be the asker refuses, as the root and on the way up', (t) => {
  const root = rootBench()
  root.asked(asking('x', { id: root.self.id }))
  t.deepEqual(root.answers(), ['cycle'])
  const { bench } = childBench()
  const below = bench.addChild('below')
  bench.take()
  bench.requests.checkAsked(below, { ...checkOf('y', 5), id: bench.self.id })
  const { link, message } = sentOf(bench.take(), 'CHECK_RESULT')
  t.is(link, below)
  t.like(message, { nonce: 5, ok: false, why: 'cycle' })
})

test('a check walks to the root: a child asks its parent, and only the answer from there takes the asker', (t) => {
  const { bench, parent } = childBench()
  bench.asked(asking('x'))
  const effects = bench.take()
  const check = sentOf(effects, 'CHECK')
  t.is(check.link, parent)
  t.like(check.message, { id: idOf('x'), name: 'x' })
  t.is(effectsOf(effects, 'send').length, 1, 'nothing was answered yet')
  const { nonce } = check.message
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 6 })
  t.deepEqual(bench.answers(), ['taken in'])
  t.is(bench.terms.highest, 6)
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 6 })
  t.deepEqual(bench.answers(), [], 'an answer counts once')
})

test('each hop passes a check on under a number of its own, and the answer goes back under that of the asker', (t) => {
  const { bench, parent } = childBench()
  const below = bench.addChild('below')
  bench.take()
  bench.requests.checkAsked(below, checkOf('x', 70))
  bench.requests.checkAsked(below, checkOf('y', 70))
  const sent = effectsOf(bench.take(), 'send')
  t.deepEqual(
    sent.map(({ link }) => link),
    [parent, parent],
  )
  const nonces = sent.flatMap(({ message }) => (message.type === 'CHECK' ? [message.nonce] : []))
  t.is(new Set(nonces).size, 2)
  const rootLineage = [[term(2), 9]] as const
  bench.requests.checkAnswered({
    type: 'CHECK_RESULT',
    nonce: nonces[1]!,
    ok: true,
    rootLineage,
    epochNumber: 2,
  })
  const { link, message } = sentOf(bench.take(), 'CHECK_RESULT')
  t.is(link, below)
  t.deepEqual(message, { type: 'CHECK_RESULT', nonce: 70, ok: true, rootLineage, epochNumber: 2 })
})

test('the walk is refused where it meets an orphan, and everybody who waits hears when the root above is lost', (t) => {
  const { bench } = childBench()
  const below = bench.addChild('below')
  bench.asked(asking('x'))
  bench.requests.checkAsked(below, checkOf('y', 8))
  bench.take()
  bench.role.search()
  bench.requests.orphaned()
  const effects = bench.take()
  t.like(sentOf(effects, 'REFUSE').message, { why: 'orphan', position: bench.position.now() })
  t.like(sentOf(effects, 'CHECK_RESULT'), {
    link: below,
    message: { nonce: 8, ok: false, why: 'orphan', position: bench.position.now() },
  })
  bench.requests.checkAsked(below, checkOf('z', 9))
  t.like(sentOf(bench.take(), 'CHECK_RESULT').message, { nonce: 9, ok: false, why: 'orphan' })
})

test('a yes from above that comes when things have changed is looked at again', (t) => {
  const { bench } = childBench()
  bench.asked(asking('x'))
  const { nonce } = sentOf(bench.take(), 'CHECK').message
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) bench.addChild(name)
  t.true(bench.children.isFull)
  bench.take()
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 1 })
  t.deepEqual(bench.answers(), ['full'])
})

test('a refusal from above reaches the asker with its reason', (t) => {
  const { bench } = childBench()
  bench.asked(asking('x'))
  const { nonce } = sentOf(bench.take(), 'CHECK').message
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: false, why: 'cycle', epochNumber: 1 })
  t.deepEqual(bench.answers(), ['cycle'])
})

test('a server that is full sends on to the child with the smallest tree, and counts who was sent there', (t) => {
  const bench = new Bench({ limits: { maxChildren: 2 } })
  bench.becomeRoot()
  bench.addChild('big', 3)
  bench.addChild('small', 2)
  bench.take()
  const redirects = ['x', 'y', 'z'].map((name) => {
    bench.asked(asking(name))
    return sentOf(bench.take(), 'REFUSE').message.redirect?.name
  })
  t.deepEqual(redirects, ['small', 'big', 'small'], 'ten askers must not all go to one child')
})

test('a child that comes back takes its old place, even where all are taken', (t) => {
  const bench = new Bench({ limits: { maxChildren: 1 } })
  bench.becomeRoot()
  const old = bench.addChild('x')
  bench.take()
  const link = bench.asked(asking('x'))
  t.is(bench.links.get(old), undefined)
  t.deepEqual(
    [...bench.children.all()].map((child) => child.link),
    [link],
  )
  t.deepEqual(bench.answers(), ['taken in'])
})

test('a name that is live at another port is taken; at its own it is the same server, restarted', (t) => {
  const bench = rootBench()
  bench.addChild('x')
  bench.take()
  bench.asked(asking('x', { port: 2 }))
  bench.asked(asking('me', { id: idOf('me of another run') }))
  t.deepEqual(bench.answers(), ['taken', 'taken'], 'nobody else may have our own name')
  bench.asked(asking('x'))
  t.deepEqual(bench.answers(), ['taken in'])
})

test('while a root merges with another tree it takes nobody', (t) => {
  const bench = rootBench()
  bench.merging.isMerging = true
  bench.asked(asking('x'))
  t.deepEqual(bench.answers(), ['busy'])
})

test('a senior root that asks is refused, and asked in turn; a junior one is taken', (t) => {
  const bench = rootBench()
  bench.asked(asking('x', { root: true, length: 9 }))
  t.deepEqual(bench.answers(), ['senior'])
  t.deepEqual(bench.merging.asked, [address('x')])
  bench.merging.isJunior = false
  bench.asked(asking('y', { root: true }))
  t.deepEqual(bench.answers(), ['taken in'])
})

test('nobody is taken while our log is about to become another one', (t) => {
  const bench = rootBench()
  bench.isSnapshotDue = true
  bench.asked(asking('x'))
  t.deepEqual(bench.answers(), ['busy'])
})

test('a server that has dropped history which this tree never had is refused: below us that would be lost', (t) => {
  const bench = rootBench()
  bench.write(['a'], 1)
  const lost = asking('x', {
    lineage: [
      [term(1), 1],
      [term(4), 8],
    ],
    base: 5,
    length: 8,
  })
  bench.asked(lost)
  t.deepEqual(bench.answers(), ['senior'])
  bench.asked({ ...lost, base: 1 })
  t.deepEqual(bench.answers(), ['taken in'], 'what it has not dropped it can send again')
})

test('who has less in common than either side still keeps gets a snapshot', (t) => {
  const bench = rootBench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.log.dropTo(3)
  bench.asked(asking('x', { lineage: [[term(1), 2]], length: 2 }))
  bench.asked(asking('y', { lineage: [[term(1), 3]], length: 3 }))
  t.deepEqual(
    bench.joined.map(({ common, needsSnapshot }) => [common, needsSnapshot]),
    [
      [2, true],
      [3, false],
    ],
  )
})

test('nothing counts as common beyond what may go down', (t) => {
  const bench = rootBench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.logEnd = 2
  bench.asked(asking('x', { lineage: [[term(1), 4]], length: 4 }))
  t.is(bench.joined[0]?.common, 2)
})

test('a question whose link has gone meanwhile is answered to nobody', (t) => {
  const { bench } = childBench()
  const link = bench.asked(asking('x'))
  const { nonce } = sentOf(bench.take(), 'CHECK').message
  bench.links.forget(link)
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 1 })
  t.deepEqual(bench.take(), [])
  t.is(bench.children.count, 0)
})

test('a question that went up is forgotten after half a minute, and its answer counts for nothing then', (t) => {
  const { bench } = childBench()
  bench.asked(asking('x'))
  const { nonce } = sentOf(bench.take(), 'CHECK').message
  const deadlineMs = bench.requests.nextDeadlineMs()!
  t.is(deadlineMs, 30_000)
  bench.time.nowMs = deadlineMs
  bench.requests.tick()
  t.is(bench.requests.nextDeadlineMs(), undefined)
  bench.requests.checkAnswered({ type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 1 })
  t.deepEqual(bench.answers(), [])
})

test('a new child learns who is around, but not itself', (t) => {
  const bench = rootBench()
  bench.addChild('sibling')
  bench.deadpool.met([address('far'), address('x')])
  bench.take()
  bench.asked(asking('x'))
  const { message } = sentOf(bench.take(), 'AUTHENTICATION_SUCCESS')
  t.deepEqual(
    message.contacts.map(({ name }) => name),
    [address('sibling').name, address('far').name],
  )
  t.deepEqual(message.path, [{ ...ancestor('me'), id: bench.self.id }])
})
