/** Truncation alone: what goes out of the log, who hears of it, and what waits again. */
import test from 'ava'
import { asPublisherId, type LogEntry, type PendingEntry } from '@jwp/protocol'
import { Truncation } from '#dist/core/log/truncation.js'
import { effectsOf, Ground, named, pending } from './support/pieces.js'

class Bench extends Ground {
  readonly commit = { applied: 0 }
  /** What the followers and the projections were told, in order. */
  readonly told: string[] = []
  readonly truncation = new Truncation({
    ...{ log: this.log, queue: this.queue, outbox: this.outbox, commit: this.commit },
    followers: { cutTo: (end: number) => this.told.push(`log ends at ${end}`) },
    projections: {
      cutTo: (end: number, cut: readonly LogEntry[]) =>
        this.told.push(`undo after ${end}: ${cut.map(named).join(' ')}`),
    },
  })

  waiting(): string[] {
    return this.queue.all().map(named)
  }
}

test('what is cut waits again, oldest first, and is in the log no more', (t) => {
  const bench = new Bench()
  bench.write(['a', 'b', 'a'])
  t.deepEqual(bench.truncation.cutTo(1).map(named), ['b1', 'a2'])
  t.is(bench.log.last, 1)
  t.deepEqual(bench.waiting().sort(), ['a2', 'b1'])
  t.is(bench.log.lastNumber(asPublisherId('a')), 1, 'a2 may come again')
  t.deepEqual(
    effectsOf(bench.take(), 'report').map(({ event }) => event),
    [{ event: 'entries-cut', from: 2, count: 2 }],
  )
})

test('the marker of a term belongs to nobody, and does not wait again', (t) => {
  const bench = new Bench()
  bench.write(['a'])
  bench.write(['-', 'a'], 2)
  t.deepEqual(bench.truncation.cutTo(1).map(named), ['a2'])
  t.deepEqual(bench.waiting(), ['a2'])
})

test('who keeps places in the log follows first; then only what was applied is undone', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.commit.applied = 3
  bench.truncation.cutTo(1)
  t.deepEqual(bench.told, ['log ends at 1', 'undo after 1: a2 a3'], 'a4 was never applied')
})

test('what was not applied is undone by no projection', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a'])
  bench.commit.applied = 2
  bench.truncation.cutTo(2)
  t.deepEqual(bench.told, ['log ends at 2'])
})

test('a cut at the end, or behind it, changes nothing and is told to nobody', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a'])
  for (const end of [2, 3]) t.deepEqual(bench.truncation.cutTo(end), [])
  t.is(bench.log.last, 2)
  t.deepEqual([bench.told, bench.waiting(), bench.take()], [[], [], []])
})

test('entries that were dropped from memory cannot be cut: the rest is, and all are told where the log ends now', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.commit.applied = 4
  bench.log.dropTo(2)
  t.deepEqual(bench.truncation.cutTo(0).map(named), ['a3', 'a4'])
  t.deepEqual(bench.told, ['log ends at 2', 'undo after 2: a3 a4'])
  t.deepEqual(bench.truncation.cutTo(0), [], 'nothing is left to cut')
})

test('a new parent makes the log end where it is the same as the log of the root above it', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a'])
  const link = bench.openLink('parent', 'parent')
  const answer = {
    ...{
      type: 'AUTHENTICATION_SUCCESS' as const,
      id: bench.self.id,
      path: [],
      succession: [],
      rootLineage: [],
    },
    ...{
      epochNumber: 2,
      everywhere: 0,
      contacts: [],
      clock: { host: 'c', port: 3 },
      you: bench.self.address,
    },
  }
  bench.truncation.parentFound({ link, answer, common: 2 })
  t.is(bench.log.last, 2)
  t.deepEqual(bench.waiting(), ['a3'])
})

test('a message is replaced only if it was cut, and another body has its number now', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a'])
  bench.truncation.cutTo(1)
  const cut = bench.queue.get(asPublisherId('a'), 2)
  const replaced = (waiting: PendingEntry | undefined, body: string): boolean =>
    bench.truncation.isReplaced(waiting, pending('a', 2, body))
  t.true(replaced(cut, 'other'))
  t.false(replaced(cut, 'a2'), 'the same message came back')
  t.false(replaced(pending('a', 2), 'other'), 'it was never in the log')
  t.false(replaced(undefined, 'other'))
})

test('what waits already stays as it is when the same number is cut', (t) => {
  const bench = new Bench()
  bench.write(['a'])
  const sooner = pending('a', 1, 'sooner')
  bench.queue.add(sooner)
  bench.truncation.cutTo(0)
  t.is(bench.queue.get(asPublisherId('a'), 1), sooner)
  t.false(bench.truncation.isReplaced(sooner, pending('a', 1)), 'that one was never cut')
})
