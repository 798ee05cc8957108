/** What a user who comes back is owed, against a model that looks at each place of the log by itself. */
import test from 'ava'
import fc from 'fast-check'
import { openEnd, type PresenceRow } from '@jwp/protocol'
import { countBacklog, backlogStart, backlogAfter, type Backlog } from '#dist/core/presence/backlog.js'
import { offlinePolicies } from '#dist/core/presence/offline-policy.js'

const length = 40

/** Windows as logins and logouts make them: rising, apart, the last one perhaps open. */
const windows: fc.Arbitrary<PresenceRow['windows']> = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: length }), { maxLength: 12 }), fc.boolean())
  .map(([places, isOpen]) => {
    const rising = places.sort((a, b) => a - b)
    const pairs: (readonly [number, number])[] = []
    for (let k = 0; k + 1 < rising.length; k += 2) pairs.push([rising[k]!, rising[k + 1]!])
    if (isOpen && rising.length % 2 === 1) pairs.push([rising.at(-1)!, openEnd])
    return pairs
  })

const isIn = (all: PresenceRow['windows'], place: number): boolean =>
  all.some(([after, upTo]) => place > after && (upTo === openEnd || place <= upTo))

const delivers = ({ after, skippedRanges }: Backlog, place: number): boolean =>
  place > after && !skippedRanges.some(([from, to]) => place > from && place <= to)

test('each place is delivered if it was sent while he was connected, and had not got there', (t) => {
  fc.assert(
    fc.property(windows, fc.nat(length), (all, from) => {
      // He logs in now, so his last window is open.
      const now = length
      const row = { windows: all.at(-1)?.[1] === openEnd ? all : [...all, [now, openEnd] as const] }
      const backlog = backlogAfter(row, from, now, 'missed')
      for (let place = 1; place <= length + 5; place++)
        t.is(
          delivers(backlog, place),
          place > now || (place > from && isIn(row.windows, place)),
          `place ${place}`,
        )
    }),
  )
})

test('all: everything after what he had; none: what comes', (t) => {
  fc.assert(
    fc.property(windows, fc.nat(2 * length), (all, from) => {
      const row = { windows: all }
      t.deepEqual(backlogAfter(row, from, length, 'all'), {
        after: Math.min(from, length),
        skippedRanges: [],
      })
      t.deepEqual(backlogAfter(row, from, length, 'none'), { after: length, skippedRanges: [] })
    }),
  )
})

test('what is owed is counted place by place', (t) => {
  const between = (after: number, upTo: number): number => Math.max(0, upTo - after)
  fc.assert(
    fc.property(windows, fc.nat(length), fc.nat(length), (all, from, upTo) => {
      const backlog = backlogAfter({ windows: [...all, [length, openEnd]] }, from, length, 'missed')
      const places = Array.from({ length: upTo }, (_, k) => k + 1)
      t.is(countBacklog(backlog, upTo, between), places.filter((place) => delivers(backlog, place)).length)
    }),
  )
})

test('what is kept for who is away begins where the first owed thing is', (t) => {
  fc.assert(
    fc.property(windows, fc.nat(length), fc.constantFrom(...offlinePolicies), (all, cursor, policy) => {
      const row: PresenceRow = { cursor, windows: all, connections: [] }
      const first = backlogStart(row, policy)
      for (let place = 1; place <= length; place++) {
        const isInBacklog =
          policy === 'all' ? place > cursor : policy === 'missed' && place > cursor && isIn(all, place)
        if (isInBacklog) t.true(place > first, `${place} is owed, and kept only from after ${first} on`)
      }
      if (policy === 'none') t.is(first, Infinity)
    }),
  )
})
