import { EventEmitter, once } from 'node:events'
import test from 'ava'
import { nodeAlarmClock } from '@jwp/lines'

test('an alarm comes when its time has come, one that is overdue as well, and one taken back does not', async (t) => {
  const clock = nodeAlarmClock()
  const events = new EventEmitter()
  const startMs = clock.nowMs()
  let isOver = false
  clock.at(startMs - 5, () => events.emit('overdue'))
  t.false(isOver, 'not before the call has returned')
  await once(events, 'overdue')
  for (const atMs of [startMs - 1, startMs + 1])
    clock.at(atMs, () => {
      isOver = true
    })()
  clock.at(startMs + 20, () => events.emit('due'))
  await once(events, 'due')
  t.true(clock.nowMs() >= startMs + 19)
  t.false(isOver)
})

test('one beyond the longest timer of Node does not come at once', async (t) => {
  const clock = nodeAlarmClock()
  let isOver = false
  const cancel = clock.at(clock.nowMs() + 1e12, () => {
    isOver = true
  })
  await new Promise((resolve) => clock.at(clock.nowMs() + 20, () => resolve(undefined)))
  cancel()
  t.false(isOver)
})
