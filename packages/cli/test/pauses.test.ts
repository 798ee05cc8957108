/**
 * SIGSTOP and SIGCONT on real processes: a server that wakes up suspects itself before its neighbours. A pause below
 * the silence limit (1 s) moves no server; a longer one moves the servers below the paused one, once, and its end
 * moves no other.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { eventually } from '@jwp/transport'
import { isFlawless } from '#dist/demo/delivery-audit.js'
import { FleetUnderTest } from './support/fleet-under-test.js'

/** Silence limit less one heartbeat, and some more for a busy machine: a pause that took longer proves nothing. */
const unnoticedMs = 720

for (const [name, role] of [
  ['a', 'the root'],
  ['b', 'an inner server'],
]) {
  test.serial(`${role} stands still for 0.6 s, and no server moves`, async (t) => {
    t.timeout(900_000)
    const six = await FleetUnderTest.startSix(t)
    await six.talk('c', 'd', 'e', 'f')
    const paused = six.fleet.process(name!)
    for (let tried = 1; ; tried++) {
      const fromMs = performance.now()
      paused.pause()
      await sleep(600)
      paused.resume()
      const tookMs = performance.now() - fromMs
      await six.untilWhole()
      await six.untilTheyHear(40)
      if (tookMs > unnoticedMs && tried < 5) continue
      t.deepEqual(six.book.movedBetween(fromMs, performance.now(), ''), [])
      break
    }
    const audit = await six.judge()
    t.true(isFlawless(audit), audit.examples.join('\n'))
  })
}

test.serial(
  'an inner server stands still for 3 s: its child moves once, and its waking moves no other',
  async (t) => {
    t.timeout(900_000)
    const six = await FleetUnderTest.startSix(t)
    await six.talk('a', 'c', 'd', 'e', 'f')
    const paused = six.fleet.process('b')
    const fromMs = performance.now()
    paused.pause()
    await six.untilPlace('d', 'a')
    await sleep(Math.max(0, fromMs + 3_000 - performance.now()))
    t.deepEqual(six.book.movedBetween(fromMs, performance.now(), 'b'), ['d'], 'e and f stay below d')

    const wokeMs = performance.now()
    paused.resume()
    await six.untilWhole()
    await six.untilTheyHear(40)
    t.deepEqual(six.book.movedBetween(wokeMs, performance.now(), 'b'), [], 'only itself moves')
    t.is(await six.placeOf('d'), 'a')
    const audit = await six.judge()
    t.true(isFlawless(audit), audit.examples.join('\n'))
  },
)

test.serial(
  'the root stands still for 3 s: its children find another, and its waking moves no other',
  async (t) => {
    t.timeout(900_000)
    const six = await FleetUnderTest.startSix(t)
    await six.talk('b', 'c', 'd', 'e', 'f')
    const paused = six.fleet.process('a')
    const fromMs = performance.now()
    paused.pause()
    const orphaned = (): string[] => six.book.orphanedBetween(fromMs, performance.now(), 'a').sort()
    await eventually('its children find it dead', () => orphaned().length >= 2)
    // On a busy machine an election takes longer than the rest of the three seconds.
    await eventually('one of them leads, and the other one is below it', async () => {
      const places = [await six.placeOf('b'), await six.placeOf('c')].sort().join()
      return places === 'b,root' || places === 'c,root'
    })
    await sleep(Math.max(0, fromMs + 3_000 - performance.now()))
    t.deepEqual(orphaned(), ['b', 'c'])

    const wokeMs = performance.now()
    paused.resume()
    await six.untilWhole()
    await six.untilTheyHear(40)
    t.deepEqual(six.book.movedBetween(wokeMs, performance.now(), 'a'), [], 'only itself moves')
    const audit = await six.judge()
    t.deepEqual([audit.lost, audit.twice, audit.unacknowledged], [0, 0, 0], audit.examples.join('\n'))
  },
)
