/** Runs of a few publishers for tests against plain models; each body tells which step made it. */
import { asPublisherId, EntryRun, type PendingEntry, type PublisherId } from '@jwp/protocol'
import fc, { type Arbitrary } from 'fast-check'

export const publishers: readonly PublisherId[] = ['a', 'b'].map(asPublisherId)

export function runOf(publisher: PublisherId, firstN: number, count: number, mark = 0): EntryRun {
  const bodies = Array.from({ length: count }, (_, k) => new Uint8Array((firstN + k) % 4).fill(mark))
  return EntryRun.ofBodies(publisher, 'activity', firstN, bodies)
}

/** Some numbers of one of the publishers; ranges overlap often. */
export interface Span {
  readonly publisher: PublisherId
  readonly firstN: number
  readonly count: number
}

export const span: Arbitrary<Span> = fc.record({
  publisher: fc.constantFrom(...publishers),
  firstN: fc.integer({ min: 1, max: 20 }),
  count: fc.integer({ min: 1, max: 8 }),
})

export const keyOf = ({ publisher, n }: PendingEntry): string => `${publisher}${n}`

/** In one order. */
export const inOrder = <Entry extends PendingEntry>(entries: Iterable<Entry>): Entry[] =>
  [...entries].sort((a, b) => (a.publisher === b.publisher ? a.n - b.n : a.publisher < b.publisher ? -1 : 1))
