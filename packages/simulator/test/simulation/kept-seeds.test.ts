/**
 * Every seed that ever failed, with what it found; add yours, never remove one. A change of what is drawn from a seed
 * (draw-plan.ts, draw-faults.ts) gives these numbers other worlds: they stay worth a run, and the stories behind the
 * worst are told in test/transcripts, which no drawing changes.
 */
import test from 'ava'
import type { FaultMix } from '@jwp/simulator'
import { keepsItsPromises } from '../support/worlds.js'

interface KeptSeed {
  readonly seed: number
  readonly faults: FaultMix
  readonly found: string
}

const keptSeeds: readonly KeptSeed[] = [
  { seed: 1, faults: 'none', found: "a marker's old timestamp made retention drop a new log after a second" },
  { seed: 7, faults: 'none', found: 'checker: trees founded apart have no order in common before they meet' },
  { seed: 30, faults: 'processes', found: 'only a leaf knew the other tree, so that the two never merged' },
  {
    seed: 100,
    faults: 'processes',
    found: 'busy loop: the first "I would take you" died while others were asked',
  },
  {
    seed: 109,
    faults: 'processes',
    found: 'checker: which servers count as known when all that a server knew have died',
  },
  { seed: 130, faults: 'processes', found: 'the same' },
  { seed: 354, faults: 'processes', found: 'two roots that knew each other only through their children' },
  { seed: 30, faults: 'all', found: 'checker: one order judged in a run with two terms at once' },
  { seed: 51, faults: 'all', found: 'checker: "everywhere" judged by servers that were cut off already' },
  { seed: 90, faults: 'all', found: 'busy loop of an orphan, as seed 100' },
  { seed: 165, faults: 'all', found: 'the same' },
  { seed: 178, faults: 'all', found: 'the same' },
  {
    seed: 4202,
    faults: 'all',
    found: 'busy loop: a root whose whole core lags has a deadline that never moves',
  },
  {
    seed: 5149,
    faults: 'all',
    found: 'busy loop: with slow links the wait for nearer ancestors outlived the poll',
  },
  { seed: 6235, faults: 'all', found: 'the same' },
  { seed: 6322, faults: 'all', found: 'the same' },
  {
    seed: 20006,
    faults: 'all',
    found: 'ALGORITHM.md: a root may sleep no longer than a silence limit and two polls without two orders',
  },
  {
    seed: 20447,
    faults: 'all',
    found: 'a tail of markers, cut above, stayed below for ever in a silent network',
  },
  { seed: 21539, faults: 'all', found: 'as 20006, with a partition' },
  { seed: 21733, faults: 'all', found: 'the same' },
  { seed: 22363, faults: 'all', found: 'the same' },
  { seed: 30687, faults: 'all', found: 'the same' },
  {
    seed: 200017,
    faults: 'processes',
    found: 'checker: a brief term whose root and in-sync children died one after the other',
  },
  {
    seed: 30868,
    faults: 'all',
    found: 'checker: a term that died with its in-sync children inside an election',
  },
  {
    seed: 71424,
    faults: 'all',
    found: 'busy loop: fractions of milliseconds, a limit that came and was not yet reached',
  },
  {
    seed: 97060217,
    faults: 'processes',
    found: 'checker: a user who registered one name in two trees is told that it is lost, when they meet',
  },
  {
    seed: 66,
    faults: 'far',
    found:
      'refusals from afar came after the end of every other poll, so that no two polls gave the same picture',
  },
  {
    seed: 149,
    faults: 'all',
    found:
      'roll call: a login on its way was applied while others were asked, and its server had answered before it died',
  },
  { seed: 9, faults: 'people', found: 'checker: a server whose machine sleeps is given up without a word' },
  {
    seed: 700009,
    faults: 'people',
    found:
      'a user who returned just before an older plain connection of the user was reset began after what was written to that, read or not',
  },
  {
    seed: 800090,
    faults: 'far',
    found:
      'a client more than a second away never got a connection: its limit for that was the same for ever',
  },
  {
    seed: 800076,
    faults: 'processes',
    found:
      'a plain client that was killed just before its server sent it elsewhere counted as having read all of it',
  },
]

for (const { seed, faults, found } of keptSeeds) {
  test(`seed ${seed} (${faults}) once found: ${found}`, (t) => keepsItsPromises(t, seed, faults))
}
