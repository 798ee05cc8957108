/** A few hundred worlds for every change; `npx jwp sim --seeds 10000` for a night. */
import test from 'ava'
import { keepsItsPromises, run } from '../support/worlds.js'

const seedsPerTest = 25

const blocks = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => first + k * seedsPerTest)

for (const first of blocks(1, 8)) {
  test(`processes that die, leave and return break no promise, seeds ${first} to ${first + seedsPerTest - 1}`, (t) => {
    for (let seed = first; seed < first + seedsPerTest; seed++) keepsItsPromises(t, seed, 'processes')
  })
}

for (const first of blocks(1, 3)) {
  test(`neither do networks that part and processes that sleep, seeds ${first} to ${first + seedsPerTest - 1}`, (t) => {
    for (let seed = first; seed < first + seedsPerTest; seed++) keepsItsPromises(t, seed, 'all')
  })
}

test('nor do lines that are up to a second long, seeds 1 to 25', (t) => {
  for (let seed = 1; seed <= seedsPerTest; seed++) keepsItsPromises(t, seed, 'far')
})

test('a world without faults is whole at once and shows all clients one order', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    keepsItsPromises(t, seed, 'none')
    const { orderPromise, deliveries } = run(seed, 'none')
    t.is(orderPromise, 'holds')
    t.true(deliveries > 0)
  }
})
