/** A table of runs holds exactly the entries that a plain table of entries would hold. */
import {
  asPublisherId,
  EntryRun,
  pendingIn,
  RunTable,
  type PendingEntry,
  type PublisherId,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'

const publishers = ['p', 'q'].map(asPublisherId)
const [p, q] = publishers as [PublisherId, PublisherId]

/** Each body tells which run brought it. */
function runOf(publisher: PublisherId, firstN: number, count: number, mark = 0): EntryRun {
  const bodies = Array.from({ length: count }, (_, k) => new Uint8Array(k % 3).fill(mark))
  return EntryRun.ofBodies(publisher, 'activity', firstN, bodies)
}

const spans = (runs: readonly EntryRun[]): string[] =>
  runs.map(({ publisher, firstN, lastN }) => `${publisher}${firstN}-${lastN}`)

/** Entry by entry. */
class PlainTable {
  readonly #entries = new Map<PublisherId, Map<number, PendingEntry>>(
    publishers.map((who) => [who, new Map()]),
  )

  of(publisher: PublisherId): Map<number, PendingEntry> {
    return this.#entries.get(publisher)!
  }

  add(entries: readonly PendingEntry[]): PendingEntry[] {
    const added = entries.filter(({ publisher, n }) => !this.of(publisher).has(n))
    for (const entry of added) this.of(entry.publisher).set(entry.n, entry)
    return added
  }

  take(publisher: PublisherId, firstN: number, count: number): PendingEntry[] {
    const taken = this.sorted(publisher).filter(({ n }) => n >= firstN && n < firstN + count)
    for (const { n } of taken) this.of(publisher).delete(n)
    return taken
  }

  sorted(publisher: PublisherId): PendingEntry[] {
    return [...this.of(publisher).values()].sort((a, b) => a.n - b.n)
  }

  all(): PendingEntry[] {
    return publishers.flatMap((publisher) => this.sorted(publisher))
  }
}

const range = {
  publisher: fc.constantFrom(...publishers),
  firstN: fc.integer({ min: 1, max: 25 }),
  count: fc.integer({ min: 1, max: 12 }),
}
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), ...range }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), ...range }) },
)

const byPublisher = (entries: readonly PendingEntry[]): PendingEntry[] =>
  publishers.flatMap((who) => entries.filter(({ publisher }) => publisher === who))

test('after anything added and taken the table agrees with a plain one', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new RunTable()
      const plain = new PlainTable()
      for (const [mark, { do: what, publisher, firstN, count }] of steps.entries()) {
        if (what === 'add') {
          const run = runOf(publisher, firstN, count, mark)
          t.deepEqual(pendingIn(table.add(run)), plain.add(pendingIn([run])))
        } else
          t.deepEqual(pendingIn(table.take(publisher, firstN, count)), plain.take(publisher, firstN, count))
        const all = plain.all()
        t.deepEqual(byPublisher(pendingIn(table.all())), all)
        t.is(table.size, all.length)
        t.is(
          table.bytes,
          all.reduce((sum, { body }) => sum + body.length, 0),
        )
        t.deepEqual(
          [...table.publishers()].sort(),
          publishers.filter((who) => plain.of(who).size > 0),
        )
        for (const who of publishers) t.is(table.lowest(who), plain.sorted(who)[0]?.n)
      }
    }),
    { numRuns: 200 },
  )
})

test('what is asked of any number is what a plain table knows of it', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 8 }), (steps, most) => {
      const table = new RunTable()
      const plain = new PlainTable()
      for (const [mark, { do: what, publisher, firstN, count }] of steps.entries()) {
        if (what === 'add') plain.add(pendingIn(table.add(runOf(publisher, firstN, count, mark))))
        else {
          table.take(publisher, firstN, count)
          plain.take(publisher, firstN, count)
        }
      }
      for (const publisher of publishers) {
        const entries = plain.of(publisher)
        for (let n = 0; n <= 40; n++) {
          t.is(table.has(publisher, n), entries.has(n))
          t.deepEqual(table.get(publisher, n), entries.get(n))
          let last = n - 1
          while (entries.has(last + 1)) last++
          t.is(table.lastFrom(publisher, n), last)
          const run = table.runFrom(publisher, n, most)
          t.is(run === undefined, !entries.has(n))
          if (run === undefined) continue
          t.true(run.count >= 1 && run.count <= most)
          t.deepEqual(
            pendingIn([run]),
            Array.from({ length: run.count }, (_, k) => entries.get(n + k)!),
          )
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('what lies over what is here fills the gaps only, and says which', (t) => {
  const table = new RunTable()
  table.add(runOf(p, 3, 2, 1))
  table.add(runOf(p, 8, 2, 1))
  t.deepEqual(spans(table.add(runOf(p, 1, 12, 2))), ['p1-2', 'p5-7', 'p10-12'])
  t.deepEqual(spans(table.all()), ['p1-2', 'p3-4', 'p5-7', 'p8-9', 'p10-12'])
  t.deepEqual(table.get(p, 8)!.body, runOf(p, 8, 2, 1).bodyAt(0), 'what was here first stays')
  t.deepEqual(table.add(runOf(p, 2, 5, 3)), [])
  t.deepEqual(spans(table.add(runOf(p, 12, 2))), ['p13-13'])
})

test('a range takes a part of each run that it touches, and leaves the rest', (t) => {
  const table = new RunTable()
  table.add(runOf(p, 1, 4))
  table.add(runOf(p, 6, 4))
  t.deepEqual(spans(table.take(p, 3, 5)), ['p3-4', 'p6-7'])
  t.deepEqual(spans(table.all()), ['p1-2', 'p8-9'])
  t.deepEqual(table.take(p, 3, 5), [])
  t.deepEqual(table.take(q, 1, 9), [])
  t.deepEqual(spans(table.take(p, 1, 100)), ['p1-2', 'p8-9'])
  t.deepEqual([...table.publishers()], [], 'nothing is kept of a publisher without entries')
})

test('from the middle of a run all that follow without a gap are counted, over several runs', (t) => {
  const table = new RunTable()
  table.add(runOf(p, 1, 3))
  table.add(runOf(p, 4, 3))
  table.add(runOf(p, 8, 3))
  t.deepEqual(
    [2, 4, 7, 8, 11].map((n) => table.lastFrom(p, n)),
    [6, 6, 6, 10, 10],
  )
  t.is(table.lastFrom(q, 5), 4)
  t.deepEqual(spans([table.runFrom(p, 2, 100)!]), ['p2-3'])
  t.deepEqual(spans([table.runFrom(p, 8, 2)!]), ['p8-9'])
})

test('a table that was cleared holds nothing', (t) => {
  const table = new RunTable()
  table.add(runOf(p, 1, 3))
  table.clear()
  t.deepEqual([table.size, table.bytes, table.all(), table.has(p, 1)], [0, 0, [], false])
  t.deepEqual(spans(table.add(runOf(p, 2, 1))), ['p2-2'])
})
