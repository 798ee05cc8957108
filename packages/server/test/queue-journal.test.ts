/** The journal of the queue: what a turn has changed in the end, and nothing that came and went within it. */
import test from 'ava'
import { asPublisherId, pendingIn, pendingRuns, type NumberRange } from '@jwp/protocol'
import fc from 'fast-check'
import { QueueJournal } from '#dist/core/storage/queue-journal.js'
import { namesIn } from './support/pieces.js'
import { keyOf, runOf, span } from './support/random-runs.js'

const a = asPublisherId('a')
const numbers = (ranges: readonly NumberRange[] = []): string[] =>
  ranges.flatMap(([publisher, firstN, count]) =>
    Array.from({ length: count }, (_, k) => `${publisher}${firstN + k}`),
  )

test('what has come and what has left is told once', (t) => {
  const journal = new QueueJournal()
  journal.added(runOf(a, 4, 2))
  journal.removed(runOf(a, 1, 2))
  const { queued, unqueued } = journal.take()
  t.deepEqual(namesIn(queued!), ['a4', 'a5'])
  t.deepEqual(unqueued, [[a, 1, 2]])
  t.deepEqual(journal.take(), {}, 'a field is missing if nothing of its kind has changed')
})

test('of a run of which a part leaves in the same turn the rest is told', (t) => {
  const journal = new QueueJournal()
  journal.added(runOf(a, 1, 6))
  journal.removed(runOf(a, 3, 2))
  journal.removed(runOf(a, 6, 2))
  const { queued, unqueued } = journal.take()
  t.deepEqual(namesIn(queued!), ['a1', 'a2', 'a5'])
  t.deepEqual(unqueued, [[a, 7, 1]])
})

test('what leaves and comes back leaves no trace', (t) => {
  const journal = new QueueJournal()
  journal.removed(runOf(a, 1, 3))
  journal.added(runOf(a, 1, 3))
  t.deepEqual(journal.take(), {})
})

test('after any changes that a queue can make, a queue without them that is told the sum is the same', (t) => {
  const step = fc.record({ what: fc.constantFrom('add', 'remove', 'take'), span })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const journal = new QueueJournal()
      /** What is in the queue, and what is on the disk. */
      const queue = new Set<string>()
      const disk = new Set<string>()
      for (const { what, span } of steps) {
        const run = runOf(span.publisher, span.firstN, span.count)
        if (what === 'take') {
          const { queued = [], unqueued } = journal.take()
          for (const name of numbers(unqueued)) t.true(disk.delete(name))
          for (const entry of pendingIn(queued)) {
            t.false(disk.has(keyOf(entry)))
            disk.add(keyOf(entry))
          }
          t.deepEqual([...disk].sort(), [...queue].sort())
          continue
        }
        // A queue tells only what really changes.
        const changes = pendingRuns(
          pendingIn([run]).filter((entry) => queue.has(keyOf(entry)) === (what === 'remove')),
        )
        for (const each of changes) {
          if (what === 'add') journal.added(each)
          else journal.removed(each)
        }
        for (const name of namesIn(changes)) {
          if (what === 'add') queue.add(name)
          else queue.delete(name)
        }
      }
    }),
    { numRuns: 300 },
  )
})
