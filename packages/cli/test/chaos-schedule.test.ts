/** What chaos draws from a seed: always the same, fair, and within what was asked for. */
import test from 'ava'
import fc from 'fast-check'
import { drawSchedule, type ScheduleOptions } from '#dist/chaos/draw-schedule.js'
import { describeFault } from '#dist/chaos/describe-fault.js'
import { durationOf, endsServers, faultFamilies, isPartition, type Fault } from '#dist/chaos/fault.js'

const options: ScheduleOptions = {
  seed: 1,
  seconds: 300,
  servers: 6,
  families: faultFamilies,
  data: false,
}

const faultsOf = (changed: Partial<ScheduleOptions>): Fault[] =>
  drawSchedule({ ...options, ...changed }).rounds.flatMap(({ strikes }) => strikes.map(({ fault }) => fault))

test('the same seed draws the same schedule, another seed another', (t) => {
  t.deepEqual(drawSchedule(options), drawSchedule(options))
  t.notDeepEqual(drawSchedule(options), drawSchedule({ ...options, seed: 2 }))
})

test('every tree has one root and hangs together, every round lies in the time and comes after the one before', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.integer({ min: 2, max: 60 }), (seed, servers) => {
      const { names, parents, rounds } = drawSchedule({ ...options, seed, servers, seconds: 60 })
      if (new Set(names).size !== servers || parents.length !== servers) return false
      if (!parents.every((parent, at) => (at === 0 ? parent === undefined : parent! < at))) return false
      let endMs = 0
      return rounds.every(({ atMs, strikes }) => {
        const isAfter = atMs >= endMs && atMs < 60_000 && strikes.length > 0
        endMs = Math.max(...strikes.map(({ afterMs, fault }) => atMs + afterMs + durationOf(fault)))
        return isAfter
      })
    }),
  )
  t.pass()
})

test('no server ends in a round with a long partition', (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    for (const { strikes } of drawSchedule({ ...options, seed }).rounds) {
      const faults = strikes.map(({ fault }) => fault)
      const partedMs = faults.filter(isPartition).reduce((sum, fault) => sum + durationOf(fault), 0)
      if (faults.some(endsServers)) t.true(partedMs <= 1_500, JSON.stringify(faults))
    }
  }
})

test('only the families that were asked for strike, and every kind of fault comes up', (t) => {
  const pauses = faultsOf({ families: ['pause'] })
  t.true(pauses.length > 20)
  t.true(pauses.every(({ kind }) => kind === 'pause'))
  const kinds = new Set([1, 2, 3].flatMap((seed) => faultsOf({ seed, data: true })).map(({ kind }) => kind))
  t.deepEqual([...kinds].sort(), [
    'blackout',
    'clock',
    'cut-apart',
    'cut-clients',
    'cut-off',
    'cut-pair',
    'hang-up',
    'kill',
    'pause',
    'restart',
  ])
})

test('all are killed at once only if there are disks', (t) => {
  for (let seed = 1; seed <= 50; seed++) t.false(faultsOf({ seed }).some(({ kind }) => kind === 'blackout'))
})

test('faults are told in words', (t) => {
  t.is(
    describeFault({ kind: 'kill', target: { role: 'root' }, backAfterMs: 730 }, 'a'),
    'kill -9 the root (a), back after 0.73 s',
  )
  t.is(
    describeFault({ kind: 'cut-off', target: { server: 'b' }, way: 'mute', forMs: 5_420 }),
    'cut b off (it is not heard) for 5.42 s',
  )
})
