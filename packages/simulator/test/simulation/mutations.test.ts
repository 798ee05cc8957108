/** Tests of the tests: a core with one rule switched off must be caught by the checkers. */
import test from 'ava'
import type { FaultMix } from '@jwp/simulator'
import {
  acknowledgingBeforeReplication,
  committingWithoutTheCore,
  withoutBetterPosition,
  withoutPendingAgain,
  withoutWalkToTheRoot,
  type Mutant,
} from '../support/mutants.js'
import { brokenPromises } from '../support/worlds.js'

const maxRuns = 300

const caught = (title: string, mutant: Mutant, faults: FaultMix = 'processes'): void => {
  test.serial(title, async (t) => {
    const undo = await mutant()
    t.teardown(undo)
    for (let seed = 1; seed <= maxRuns; seed++) {
      const broken = brokenPromises(seed, faults)
      if (broken.length === 0) continue
      t.log(`seed ${seed}: ${broken[0]}`)
      t.pass()
      return
    }
    t.fail(`${maxRuns} runs noticed nothing`)
  })
}

caught('without "better position" a server that holds less takes over', withoutBetterPosition)
caught('without pending again what was cut is lost', withoutPendingAgain, 'all')
caught('without the walk to the root rings close', withoutWalkToTheRoot)
caught(
  'acknowledging before replication loses what was promised',
  acknowledgingBeforeReplication,
  'last-words',
)
caught('committing without the core breaks the one order', committingWithoutTheCore)

test.serial('with all rules on again the first seeds keep their promises', (t) => {
  for (let seed = 1; seed <= 10; seed++) t.deepEqual(brokenPromises(seed, 'processes'), [])
})
