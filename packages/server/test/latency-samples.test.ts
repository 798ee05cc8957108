/** The latency of a link is that of its usual answers, not of the one that a sleeping peer gave late. */
import test from 'ava'
import { LatencySamples } from '#dist/core/tree/latency-samples.js'

function latencyAfter(...roundTripsMs: number[]): number | undefined {
  const samples = new LatencySamples()
  for (const roundTripMs of roundTripsMs) samples.add(roundTripMs)
  return samples.medianMs()
}

test('half of the round trip', (t) => {
  t.is(latencyAfter(), undefined)
  t.is(latencyAfter(40), 20)
  t.is(latencyAfter(-3), 0, 'clocks that jump')
})

test('one answer that was held up for seconds changes nothing, nor do two', (t) => {
  t.is(latencyAfter(2, 1_400), 1)
  t.is(latencyAfter(2, 2, 2, 5_000), 1)
  t.is(latencyAfter(2, 2, 2, 1_400, 1_400), 1)
})

test('a way that has become longer is noticed after three answers', (t) => {
  t.is(latencyAfter(2, 2, 2, 2, 2, 80, 80), 1)
  t.is(latencyAfter(2, 2, 2, 2, 2, 80, 80, 80), 40)
})

test('no way lengthens the limits without bound', (t) => {
  t.is(latencyAfter(60_000), 500)
})
