/** Who may connect, by what the clock says. */
import {
  Admission,
  defaultAdmissionLimits,
  FullPools,
  Pace,
  unauthenticatedShare,
  type AdmissionLimits,
} from '@jwp/transport'
import test from 'ava'

const home = '192.0.2.1'
const elsewhere = '192.0.2.2'
const admission = (limits: Partial<AdmissionLimits>) =>
  new Admission({ ...defaultAdmissionLimits, burstPerAddress: 1_000, ...limits })
const atOnce = { ok: true, waitMs: 0 } as const

test('one address has only so many connections, and gets a place when one is closed', (t) => {
  const port = admission({ connectionsPerAddress: 2 })
  t.deepEqual([port.opened(home, 0), port.opened(home, 0)], [atOnce, atOnce])
  t.deepEqual(port.opened(home, 0), {
    ok: false,
    info: 'too many connections from your address: 2 at most',
    pool: '2 connections from 192.0.2.1, the most from one address',
  })
  t.deepEqual(port.opened(elsewhere, 0), atOnce)
  port.closed(home, 0)
  t.false(port.opened(home, 0).ok, 'the one that was refused is not closed yet')
  port.closed(home, 0)
  port.closed(home, 0)
  t.true(port.opened(home, 0).ok)
})

test('after its burst an address waits its turn, and is refused when that is far off', (t) => {
  const port = admission({ burstPerAddress: 3, newPerSecondPerAddress: 10 })
  const waits = Array.from({ length: 6 }, () => port.opened(home, 1_000))
  t.deepEqual(
    waits.map((verdict) => verdict.ok && verdict.waitMs),
    [0, 0, 0, 100, 200, 300],
  )
  t.deepEqual(port.opened(elsewhere, 1_000), atOnce)
  const later = Array.from({ length: 60 }, () => port.opened(home, 1_000))
  t.is(later.filter(({ ok }) => ok).length, 47, 'up to five seconds of turns')
  t.deepEqual(later.at(-1), {
    ok: false,
    info: 'too many new connections from your address, try again in a few seconds',
    pool: 'new connections from 192.0.2.1 come faster than 10 a second',
  })
  // Refusals cost no turn: the address is no worse off for having tried.
  t.deepEqual(port.opened(home, 1_100), { ok: true, waitMs: 5_000 })
  t.deepEqual(port.opened(home, 60_000), atOnce)
})

test('a clock that goes back gives and takes nothing', (t) => {
  const port = admission({ burstPerAddress: 1, newPerSecondPerAddress: 10 })
  t.deepEqual(port.opened(home, 5_000), atOnce)
  t.deepEqual(port.opened(home, 4_000), { ok: true, waitMs: 100 })
})

test('addresses that have nothing open and are rested are forgotten', (t) => {
  const port = admission({ burstPerAddress: 10, newPerSecondPerAddress: 10 })
  // Those who stay are no reason to remember those who go.
  for (let i = 0; i < 20; i++) port.opened(`10.1.0.${i}`, 0)
  for (let i = 0; i < 1_000; i++) {
    port.opened(`10.0.${i >> 8}.${i & 255}`, i)
    port.closed(`10.0.${i >> 8}.${i & 255}`, i)
  }
  t.true(port.size <= 20 + 110, `a tenth of a second of them: ${port.size}`)
  port.closed('never seen', 2_000)
  port.opened(home, 3_000)
  port.closed(home, 3_000)
  t.is(port.size, 21)
  for (let i = 0; i < 60_000; i++) {
    port.opened(`${i >> 16}.2.${(i >> 8) & 255}.${i & 255}`, 3_001)
    port.closed(`${i >> 16}.2.${(i >> 8) & 255}.${i & 255}`, 3_001)
  }
  t.true(port.size <= 20 + 50_001, `however many come at once: ${port.size}`)
})

test('clients in all', (t) => {
  const port = admission({ clients: 2 })
  t.deepEqual([port.clientCame(), port.clientCame()], [atOnce, atOnce])
  t.deepEqual(port.clientCame(), {
    ok: false,
    info: 'this server has as many clients as it takes (2): try another one',
    pool: '2 clients, as many as --max-connections allows',
  })
  port.clientLeft()
  t.deepEqual(port.clientCame(), atOnce)
  t.is(port.clients, 2)
})

test('a pace: as many at once as a second allows, then one after the other', (t) => {
  const pace = new Pace(10, 0)
  const rests = Array.from({ length: 12 }, () => pace.took(0))
  t.deepEqual(rests, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200])
  t.is(pace.took(300), 0)
  t.is(pace.took(300), 100)
  t.is(pace.took(10_000), 0)
})

test('clients have the places that are not kept; one address leaves some to others, and links need none', (t) => {
  const port = admission({ unauthenticated: { places: 50, reserve: 20, openFiles: 100 } })
  let mine = 0
  while (port.opened(home, 0).ok) mine++
  t.is(mine, 40, 'four times what is free')
  port.closed(home, 0)
  let theirs = 0
  while (port.opened(elsewhere, 0).ok) theirs++
  t.true(theirs >= 5, `${theirs} of another address`)
  const refused = port.opened(elsewhere, 0)
  t.like(refused, { ok: false, mayBeLink: true })
  t.regex(refused.ok ? '' : refused.info, /few places are left here \(\d of 50\): try another server/)
  for (let i = 0; port.opened(`10.0.0.${i}`, 0).ok; i++);
  const full = port.opened('10.1.0.1', 0)
  t.regex(full.ok ? '' : full.info, /no place is left here \(50 connections at most\)/)
  // Some of them turn out to be links of the network: those who come later have their places.
  for (let i = 0; i < 20; i++) port.proved()
  t.true(port.opened('10.1.0.2', 0).ok)
  port.closed(home, 0, true)
  t.true(port.opened('10.1.0.3', 0).ok)
})

test('of the files that may be open some are kept, whatever the limit is', (t) => {
  t.deepEqual(unauthenticatedShare(128, 28), { places: 75, reserve: 25, openFiles: 128 })
  t.deepEqual(unauthenticatedShare(1_048_576, 30), { places: 1_048_034, reserve: 512, openFiles: 1_048_576 })
  t.deepEqual(unauthenticatedShare(40, 30), { places: 1, reserve: 16, openFiles: 40 })
})

test('a full pool is said at once, and then once a minute with how many there were', (t) => {
  const pools = new FullPools()
  t.is(pools.turnedAway('places', 0), 'places: a connection was refused')
  t.is(pools.turnedAway('handshakes', 10), 'handshakes: a connection was refused', 'each for itself')
  for (let atMs = 100; atMs < 60_000; atMs += 100) t.is(pools.turnedAway('places', atMs), undefined)
  t.is(
    pools.turnedAway('places', 60_000),
    'places: a connection was refused (599 more since this was last said)',
  )
})

test('full pools of very many addresses are not all remembered', (t) => {
  const pools = new FullPools()
  for (let i = 0; i < 5_000; i++) pools.turnedAway(`pool of address ${i}`, i)
  t.is(pools.size, 1_024)
  t.is(pools.turnedAway('pool of address 4999', 5_000), undefined, 'the last one is')
})
