/** When what was written to a client that does not confirm counts as delivered. */
import test from 'ava'
import { DeliveryTimes } from '#dist/core/clients/delivery-times.js'

test('what was written a second ago is settled, and nothing later', (t) => {
  const times = new DeliveryTimes(5)
  times.wrote(6, 1_000)
  times.wrote(9, 1_500)
  t.is(times.settledAt(1_999), 5)
  t.is(times.settledAt(2_000), 6)
  t.is(times.settledAt(2_499), 6)
  t.is(times.settledAt(2_500), 9)
})

test('under steady traffic it is never much later', (t) => {
  const times = new DeliveryTimes(0)
  for (let ms = 1; ms <= 10_000; ms++) {
    times.wrote(ms, ms)
    const settled = times.settledAt(ms)
    t.true(settled <= Math.max(0, ms - 1_000))
    t.true(settled >= ms - 1_250, `${settled} at ${ms}`)
  }
})

test('who comes to a stream that is up to date keeps its own times until then', (t) => {
  const slow = new DeliveryTimes(0)
  const shared = new DeliveryTimes(0)
  shared.wrote(50, 1_000)
  slow.wrote(50, 3_000)
  const times = slow.followedBy(shared, 3_000)
  shared.wrote(60, 3_500)
  t.is(times.settledAt(3_100), 0)
  t.is(slow.followedBy(shared, 3_000).settledAt(4_000), 50)
  t.is(slow.followedBy(shared, 3_000).settledAt(4_500), 60)
})

test('what was cut is not settled', (t) => {
  const times = new DeliveryTimes(0)
  times.wrote(10, 1_000)
  times.cutTo(4)
  t.is(times.settledAt(5_000), 4)
  times.wrote(12, 5_000)
  t.is(times.settledAt(5_500), 4)
})
