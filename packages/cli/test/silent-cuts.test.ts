/** Cuts without a word (no FIN, no RST) between real processes: the tree heals around them, and joins again after them. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { cutApart, cutOff, cutPair } from '#dist/chaos/cuts.js'
import { isFlawless } from '#dist/demo/delivery-audit.js'
import { FleetUnderTest } from './support/fleet-under-test.js'
import { runJwp } from './support/run-jwp.js'

test.serial(
  'the line between a server and its parent falls silent: it moves, and messages go on',
  async (t) => {
    t.timeout(900_000)
    const six = await FleetUnderTest.startSix(t)
    if (!six.fleet.cutsKnowSpeakers) return void t.pass('this system has one loopback address only')
    await six.talk('a', 'b', 'c', 'd', 'e', 'f')
    const fromMs = performance.now()
    const end = six.fleet.cut(cutPair('d', 'b', 'both'))
    await six.untilPlace('d', 'a')
    await six.untilTheyHear(40)
    await six.untilWhole()
    t.deepEqual(six.book.movedBetween(fromMs, performance.now(), 'd'), [], 'only d moves')

    const endedMs = performance.now()
    end()
    await six.untilTheyHear(40)
    t.deepEqual(
      six.book.movedBetween(endedMs, performance.now(), ''),
      [],
      'the end of the cut moves no server',
    )
    const audit = await six.judge()
    t.true(isFlawless(audit), audit.examples.join('\n'))
  },
)

for (const way of ['deaf', 'mute'] as const) {
  test.serial(
    `the root's line is cut one way (${way}): another root takes over, then all are one tree`,
    async (t) => {
      t.timeout(900_000)
      const six = await FleetUnderTest.startSix(t)
      if (!six.fleet.cutsKnowSpeakers) return void t.pass('this system has one loopback address only')
      await six.talk('b', 'c', 'd', 'e', 'f')
      const end = six.fleet.cut(cutOff('a', way))
      await eventually('b and c have another root', async () => {
        const places = await Promise.all(['b', 'c'].map((name) => six.placeOf(name)))
        return places.includes('root') && !places.includes('orphan') && !places.includes('a')
      })
      await six.untilTheyHear(40)
      end()
      await six.untilWhole()
      await six.untilTheyHear(40)
      const audit = await six.judge()
      t.deepEqual([audit.lost, audit.twice, audit.unacknowledged], [0, 0, 0], audit.examples.join('\n'))
    },
  )
}

test.serial(
  'the network is cut in two: both halves go on, and become one tree with every message',
  async (t) => {
    t.timeout(900_000)
    const six = await FleetUnderTest.startSix(t)
    if (!six.fleet.cutsKnowSpeakers) return void t.pass('this system has one loopback address only')
    await six.talk('a', 'c', 'd', 'e', 'f')
    const end = six.fleet.cut(cutApart(['d', 'e', 'f'], six.fleet.names))
    await eventually('both halves have a root', async () => {
      const halves = await Promise.all([...'def'].map((name) => six.placeOf(name)))
      return halves.includes('root') && !halves.includes('orphan')
    })
    await six.untilTheyHear(40)
    end()
    await six.untilWhole()
    await six.untilTheyHear(40)
    const audit = await six.judge()
    t.deepEqual([audit.lost, audit.twice, audit.unacknowledged], [0, 0, 0], audit.examples.join('\n'))
  },
)

test('a silence limit that one lost heartbeat would reach is refused in words', async (t) => {
  const ended = await runJwp(['server', '-lp', '1', '--heartbeat', '500ms', '--silence-limit', '900ms'])
  t.is(ended.exitCode, 2)
  t.regex(ended.stderr, /900 ms is too short for heartbeats every 500 ms: at least twice/)
})
