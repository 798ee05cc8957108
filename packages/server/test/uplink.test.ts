/** The uplink alone: what goes up and when, what is confirmed to whom, and what a change of parent means for it. */
import test from 'ava'
import type { LinkId, PendingEntry, PublisherId } from '@jwp/protocol'
import { asPublisherId, pendingRuns } from '@jwp/protocol'
import { StabilityDemand } from '#dist/core/log/stability-demand.js'
import { Uplink } from '#dist/core/log/uplink.js'
import {
  effectsOf,
  Ground,
  named,
  namesIn,
  pending,
  pendingRun,
  type GroundOptions,
} from './support/pieces.js'

class Bench extends Ground {
  readonly published: string[] = []
  readonly arrived: string[] = []
  readonly held: string[] = []
  readonly demand = new StabilityDemand()
  readonly local = new Set<PublisherId>([asPublisherId('a')])
  /** What waits for the disk. */
  readonly unstored: (() => void)[] = []
  readonly uplink: Uplink

  constructor(options: GroundOptions = {}) {
    super(options)
    this.uplink = new Uplink({
      ...{ queue: this.queue, log: this.log, children: this.children, links: this.links, role: this.role },
      ...{ options: this.options, demand: this.demand },
      calendar: { published: (publisher, n) => void this.published.push(named({ publisher, n })) },
      sequencer: { arrived: (publisher) => this.arrived.push(publisher) },
      sessions: { isLocal: (publisher) => this.local.has(publisher) },
      acknowledgements: {
        held: ([publisher, firstN, count]) => {
          for (let n = firstN; n < firstN + count; n++) this.held.push(named({ publisher, n }))
        },
      },
      persistence: { onceStored: (then) => this.unstored.push(then) },
    })
    this.onChildLost = (child) => this.uplink.childLost(child)
  }

  /** Ends a turn: the links, types, batches and entries that left in it. */
  flush(): (readonly [LinkId, string, number, ...string[]])[] {
    this.uplink.takePublished()
    this.uplink.flush()
    const sent: (readonly [LinkId, string, number, ...string[]])[] = []
    for (const { link, message } of effectsOf(this.take(), 'send')) {
      if (message.type === 'UP') sent.push([link, 'UP', message.batch, ...namesIn(message.runs)])
      if (message.type === 'HELD') sent.push([link, 'HELD', message.batch])
    }
    return sent
  }

  /** The disk has written all that it was given. */
  store(): void {
    for (const then of this.unstored.splice(0)) then()
  }

  receive(child: LinkId, batch: number, ...entries: PendingEntry[]): void {
    this.uplink.received(child, { type: 'UP', batch, runs: pendingRuns(entries) })
  }
}

test('a new entry is kept, noted with its time, and goes up at the end of the turn', (t) => {
  const bench = new Bench()
  const parent = bench.becomeChild()
  t.true(bench.uplink.publish(pending('a', 1)))
  t.true(bench.uplink.publish(pending('a', 2)))
  t.is(bench.queue.size, 2)
  t.deepEqual(bench.published, ['a1', 'a2'])
  t.deepEqual(bench.flush(), [[parent, 'UP', 1, 'a1', 'a2']])
  t.deepEqual(bench.flush(), [], 'nothing goes twice')
})

test('an entry that is here already, in the queue or in the log, is not taken again', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.write(['a'])
  t.false(bench.uplink.publish(pending('a', 1)))
  t.true(bench.uplink.publish(pending('a', 2)))
  t.false(bench.uplink.publish(pending('a', 2)))
  t.deepEqual(bench.published, ['a2'])
  t.is(bench.queue.size, 1)
})

test('the entries of our own clients count as held when the parent confirms their batch, each once', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.uplink.publish(pending('a', 1))
  bench.uplink.publish(pending('b', 1))
  t.false(bench.uplink.isAllHeld, 'it has not even left')
  bench.flush()
  bench.uplink.publish(pending('a', 2))
  bench.flush()
  t.false(bench.uplink.isAllHeld)
  bench.uplink.held({ type: 'HELD', batch: 1 })
  t.deepEqual(bench.held, ['a1'], 'b is a client of another server')
  t.false(bench.uplink.isAllHeld)
  bench.uplink.held({ type: 'HELD', batch: 2 })
  bench.uplink.held({ type: 'HELD', batch: 2 })
  t.deepEqual(bench.held, ['a1', 'a2'])
  t.true(bench.uplink.isAllHeld)
})

test('batches stay below the limit of entries', (t) => {
  const bench = new Bench({ limits: { batchEntries: 2 } })
  const parent = bench.becomeChild()
  for (const n of [1, 2, 3]) bench.uplink.publish(pending('a', n))
  t.deepEqual(bench.flush(), [
    [parent, 'UP', 1, 'a1', 'a2'],
    [parent, 'UP', 2, 'a3'],
  ])
})

test('while the line to the parent is full nothing is sent into it, and nothing is lost', (t) => {
  const bench = new Bench()
  const parent = bench.becomeChild()
  bench.links.get(parent)!.blockedSinceMs = 0
  bench.uplink.publish(pending('a', 1))
  t.deepEqual(bench.flush(), [])
  t.false(bench.uplink.isAllHeld)
  bench.links.get(parent)!.blockedSinceMs = undefined
  t.deepEqual(bench.flush(), [[parent, 'UP', 1, 'a1']])
})

test('what a child sends up is passed on, and confirmed to it once it is stored here', (t) => {
  const bench = new Bench()
  const parent = bench.becomeChild()
  const child = bench.addChild('child')
  bench.write(['c'])
  bench.receive(child, 7, pending('c', 1), pending('c', 2))
  t.deepEqual(bench.flush(), [[parent, 'UP', 1, 'c2']], 'c1 has its place in the log already')
  bench.store()
  t.deepEqual(bench.flush(), [[child, 'HELD', 7]])
  t.deepEqual(bench.flush(), [], 'it is told once')
  bench.receive(child, 8, pending('c', 2))
  t.deepEqual(bench.flush(), [], 'we have it already')
  bench.store()
  t.deepEqual(bench.flush(), [[child, 'HELD', 8]], 'so it is confirmed')
})

test('a child that is gone when the disk has written is not confirmed to, nor is one in its place', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  const child = bench.addChild('child')
  bench.receive(child, 7, pending('c', 1))
  bench.flush()
  bench.children.drop(bench.children.get(child)!, 'dead')
  bench.addChild('child')
  bench.store()
  t.deepEqual(bench.flush(), [])
})

test('a link that is no child gets nothing into the queue', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.receive(bench.openLink('somewhere', 'unknown'), 1, pending('x', 1))
  t.is(bench.queue.size, 0)
})

test('a root sends nothing up: its sequencer is told whose entries have come', (t) => {
  const bench = new Bench()
  bench.becomeRoot()
  const child = bench.addChild('child')
  bench.uplink.publish(pending('a', 1))
  bench.uplink.takePublished()
  bench.receive(child, 1, pending('c', 1))
  t.deepEqual(bench.arrived, ['a', 'c'])
  t.deepEqual(bench.flush(), [])
  t.true(bench.uplink.isAllHeld)
})

test('an orphan keeps what comes, and a new parent gets all of it, in batches counted anew', (t) => {
  const bench = new Bench()
  bench.becomeChild('first')
  bench.uplink.publish(pending('a', 1))
  bench.flush()
  bench.role.search()
  bench.uplink.parentLost()
  t.true(bench.uplink.isAllHeld, 'nothing waits for a parent that is gone')
  bench.uplink.publish(pending('a', 2))
  t.deepEqual(bench.flush(), [])
  const second = bench.becomeChild('second')
  bench.uplink.parentFound()
  t.deepEqual(bench.flush(), [[second, 'UP', 1, 'a1', 'a2']])
  bench.uplink.held({ type: 'HELD', batch: 1 })
  t.deepEqual(bench.held, ['a1', 'a2'], 'the first parent never confirmed a1')
})

test('what a cut has taken out of the log goes up again, unless the new log has it', (t) => {
  const bench = new Bench()
  const parent = bench.becomeChild()
  bench.queue.add(pendingRun('a', 2))
  bench.uplink.again([pendingRun('a', 1), pendingRun('a', 2)])
  t.deepEqual(bench.flush(), [[parent, 'UP', 1, 'a2']])
})

test('that a client waits until every server has its message goes up with it, once', (t) => {
  const bench = new Bench()
  const parent = bench.becomeChild()
  const isPrompt = (): (boolean | undefined)[] => {
    bench.uplink.takePublished()
    bench.uplink.flush()
    const sent = effectsOf(bench.take(), 'send').filter(({ link }) => link === parent)
    return sent.map(({ message }) => (message.type === 'UP' ? message.prompt : undefined))
  }
  bench.demand.ask()
  bench.uplink.publish(pending('a', 1))
  t.deepEqual(isPrompt(), [true])
  bench.uplink.publish(pending('a', 2))
  t.deepEqual(isPrompt(), [undefined])
  const child = bench.addChild('child')
  bench.uplink.received(child, { type: 'UP', batch: 1, runs: pendingRuns([pending('b', 1)]), prompt: true })
  t.deepEqual(isPrompt(), [true], 'a server passes on what its child asks for')
})
