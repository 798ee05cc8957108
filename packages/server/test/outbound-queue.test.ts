/** The outbound queue: what clients publish within a turn is in it at once, and is one run per publisher at the turn's end. */
import test from 'ava'
import { asPublisherId, pendingIn, type PendingEntry, type PublisherId } from '@jwp/protocol'
import fc from 'fast-check'
import { OutboundQueue } from '#dist/core/log/outbound-queue.js'
import { QueueJournal } from '#dist/core/storage/queue-journal.js'
import { namesIn, pending, pendingRun } from './support/pieces.js'
import { inOrder, keyOf, publishers, runOf, span, type Span } from './support/random-runs.js'

const [a, b] = ['a', 'b'].map(asPublisherId) as [PublisherId, PublisherId]

function queueWith(...entries: readonly PendingEntry[]): OutboundQueue {
  const queue = new OutboundQueue()
  for (const entry of entries) queue.publish(entry)
  return queue
}

test('what is published within a turn counts at once, and is taken as one run per publisher', (t) => {
  const queue = queueWith(pending('a', 1), pending('b', 1), pending('a', 2))
  t.is(queue.size, 3)
  t.is(queue.bytes, 6)
  t.true(queue.hasPublished)
  t.true(queue.has(a, 2))
  t.false(queue.has(a, 3))
  t.deepEqual(
    queue.takePublished().map((run) => namesIn([run])),
    [['a1', 'a2'], ['b1']],
  )
  t.false(queue.hasPublished)
  t.deepEqual(queue.takePublished(), [], 'once')
  t.deepEqual([queue.size, queue.bytes], [3, 6], 'it waits in the queue all the same')
  t.deepEqual(queue.get(a, 2), pending('a', 2))
})

test('a number that is here already is not published again, whether its turn has ended or not', (t) => {
  const queue = queueWith(pending('a', 1))
  t.false(queue.publish(pending('a', 1, 'other')))
  queue.takePublished()
  t.false(queue.publish(pending('a', 1, 'other')))
  queue.add(pendingRun('a', 2))
  t.false(queue.publish(pending('a', 2, 'other')))
  t.deepEqual(queue.get(a, 1), pending('a', 1))
  t.is(queue.size, 2)
})

test('another kind, and a number that leaves a gap, begin another run', (t) => {
  const queue = queueWith(
    pending('a', 1),
    { ...pending('a', 2), kind: 'barrier' },
    { ...pending('a', 3), kind: 'barrier' },
    pending('a', 7),
    pending('a', 6),
  )
  t.deepEqual(
    queue.takePublished().map((run) => [run.kind, ...namesIn([run])]),
    [
      ['activity', 'a1'],
      ['barrier', 'a2', 'a3'],
      ['activity', 'a7'],
      ['activity', 'a6'],
    ],
  )
  t.deepEqual(namesIn(queue.all()), ['a1', 'a2', 'a3', 'a6', 'a7'])
})

test('what is asked for in the middle of a turn sees what was published in it, and that goes on', (t) => {
  for (const look of [
    (queue: OutboundQueue) => queue.get(a, 1)?.n === 1,
    (queue: OutboundQueue) => queue.lowest(a) === 1,
    (queue: OutboundQueue) => queue.lastFrom(a, 1) === 2,
    (queue: OutboundQueue) => queue.runFrom(a, 1, 9)?.count === 2,
    (queue: OutboundQueue) => [...queue.publishers()].includes(a),
    (queue: OutboundQueue) => namesIn(queue.all()).join() === 'a1,a2',
    (queue: OutboundQueue) => queue.add(pendingRun('a', 2)).length === 0,
  ]) {
    const queue = queueWith(pending('a', 1), pending('a', 2))
    t.true(look(queue), String(look))
    t.true(queue.publish(pending('a', 3)))
    t.deepEqual(namesIn(queue.takePublished()), ['a1', 'a2', 'a3'])
    t.is(queue.size, 3)
  }
})

test('what leaves within the turn in which it was published is in the queue no longer', (t) => {
  const queue = queueWith(pending('a', 1), pending('a', 2), pending('b', 1))
  t.deepEqual(namesIn(queue.take(a, 1, 1)), ['a1'])
  t.deepEqual([queue.size, queue.has(a, 1), queue.has(a, 2)], [2, false, true])
  queue.removeUpTo(b, 5)
  t.deepEqual(namesIn(queue.all()), ['a2'])
  t.is(queue.bytes, 2)
})

test('the journal hears of a run when it is closed, and never of what the disk has already', (t) => {
  const queue = new OutboundQueue()
  queue.journal = new QueueJournal()
  queue.restored(runOf(a, 1, 2))
  t.deepEqual(queue.journal.take(), {})
  t.is(queue.size, 2)
  queue.publish(pending('a', 3))
  queue.publish(pending('b', 1))
  queue.takePublished()
  t.deepEqual(namesIn(queue.journal.take().queued!), ['a3', 'b1'])
  queue.removeUpTo(a, 2)
  t.deepEqual(queue.journal.take(), { unqueued: [[a, 1, 2]] })
})

type Step =
  | { readonly do: 'publish' | 'add' | 'take'; readonly span: Span }
  | { readonly do: 'takePublished' }
  | { readonly do: 'journal' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('publish' as const), span }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('add' as const, 'take' as const), span }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takePublished' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('journal' as const) }) },
)

test('whatever is published, comes, is taken and is stored in between: it is as in a plain table', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const queue = new OutboundQueue()
      queue.journal = new QueueJournal()
      const plain = new Map<string, PendingEntry>()
      /** Under one number there may be two: the first has left meanwhile. */
      const published = new Map<string, PendingEntry[]>()
      const disk = new Map<string, PendingEntry>()
      for (const [mark, each] of steps.entries()) {
        if (each.do === 'takePublished') {
          const taken = queue.takePublished()
          // What has left meanwhile may be among it, as it was.
          for (const entry of pendingIn(taken))
            t.true(published.get(keyOf(entry))?.some(({ body }) => body.join() === entry.body.join()))
          const names = new Set(namesIn(taken))
          for (const [name, entries] of published)
            t.true(names.has(name) || plain.get(name) !== entries.at(-1))
          published.clear()
          t.false(queue.hasPublished)
        } else if (each.do === 'journal') {
          // As the end of a turn does: what is published is closed first.
          for (const entry of pendingIn(queue.all())) t.deepEqual(plain.get(keyOf(entry)), entry)
          const { queued = [], unqueued = [] } = queue.journal.take()
          for (const [publisher, firstN, count] of unqueued)
            for (let n = firstN; n < firstN + count; n++) t.true(disk.delete(`${publisher}${n}`))
          for (const entry of pendingIn(queued)) disk.set(keyOf(entry), entry)
          t.deepEqual([...disk.keys()].sort(), [...plain.keys()].sort())
        } else {
          const { publisher, firstN, count } = each.span
          const run = runOf(publisher, firstN, count, mark)
          if (each.do === 'take') {
            const inRange = pendingIn([run]).flatMap((entry) => plain.get(keyOf(entry)) ?? [])
            t.deepEqual(pendingIn(queue.take(publisher, firstN, count)), inRange)
            for (const entry of inRange) plain.delete(keyOf(entry))
          } else {
            const fresh = pendingIn([run]).filter((entry) => !plain.has(keyOf(entry)))
            if (each.do === 'add') t.deepEqual(pendingIn(queue.add(run)), fresh)
            else
              for (const entry of pendingIn([run])) {
                const isNew = !plain.has(keyOf(entry))
                t.is(queue.publish(entry), isNew)
                if (isNew) published.set(keyOf(entry), [...(published.get(keyOf(entry)) ?? []), entry])
              }
            for (const entry of fresh) plain.set(keyOf(entry), entry)
          }
        }
        t.is(queue.size, plain.size)
        t.is(
          queue.bytes,
          [...plain.values()].reduce((sum, { body }) => sum + body.length, 0),
        )
        for (const publisher of publishers)
          for (let n = 0; n < 30; n += 3) t.is(queue.has(publisher, n), plain.has(`${publisher}${n}`))
      }
      t.deepEqual(inOrder(pendingIn(queue.all())), inOrder(plain.values()))
    }),
    { numRuns: 200 },
  )
})
