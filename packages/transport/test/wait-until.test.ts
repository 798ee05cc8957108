/** Waiting for what must come, with more patience on a machine that is busy. */
import test from 'ava'
import { slowness, waitUntil } from '@jwp/transport'

test('what comes is waited for, and nothing is waited for when it is there', async (t) => {
  let looks = 0
  t.true((await waitUntil(() => ++looks === 5, { everyMs: 1, limitMs: 60_000 }))! >= 0)
  t.is(looks, 5)
  t.true((await waitUntil(() => true, { everyMs: 60_000, limitMs: 0 }))! >= 0)
})

test('what never comes is given up, and was looked for until then', async (t) => {
  let looks = 0
  t.is(await waitUntil(() => ++looks < 0, { everyMs: 1, limitMs: 20 }), undefined)
  t.true(looks > 1)
})

test('a machine is as slow as usual, or slower, and never endlessly so', (t) => {
  const factor = slowness()
  t.true(factor >= 1 && factor <= 12, String(factor))
})
