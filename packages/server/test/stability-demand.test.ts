/** Who waits until every server has something: the wish goes up with the entries, and comes down with the log. */
import test from 'ava'
import { StabilityDemand } from '#dist/core/log/stability-demand.js'

test('what was asked for goes up once', (t) => {
  const demand = new StabilityDemand()
  t.false(demand.takePending())
  demand.ask()
  t.true(demand.takePending())
  t.false(demand.takePending())
  t.is(demand.upTo, 0, 'it has no place yet')
})

test('at a root it lies at the end of what has been placed, until all that is ready has been', (t) => {
  const demand = new StabilityDemand()
  demand.placed(4, true)
  t.is(demand.upTo, 0, 'no client waits')
  demand.ask()
  demand.placed(7, false)
  demand.placed(9, true)
  t.is(demand.upTo, 9)
  demand.placed(12, true)
  t.is(demand.upTo, 9, 'later entries are not waited for')
})

test('what the parent asks for counts up to there, and never beyond the end of the log', (t) => {
  const demand = new StabilityDemand()
  demand.learned(5)
  demand.learned(3)
  t.is(demand.upTo, 5)
  demand.cutTo(4)
  t.is(demand.upTo, 4)
  demand.restartAt()
  t.is(demand.upTo, 0)
})
