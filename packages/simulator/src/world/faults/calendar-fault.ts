/**
 * The calendar of a server's machine is set, by seconds or by days, forward or back; or the machine sleeps: nothing runs
 * meanwhile, its watch stands, and its calendar has gone on when it wakes up.
 */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { drawTarget, wordsOf, type Target } from './target.js'

export interface CalendarFault {
  readonly kind: 'calendar'
  readonly atMs: number
  /** So far the calendar goes, beside what passes. */
  readonly byMs: number
  /** So long the machine sleeps first; 0: its calendar is set. */
  readonly sleepsMs: number
  readonly target: Target
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export function drawCalendars(random: Random, ground: FaultGround): CalendarFault[] {
  const names = ground.servers.map((server) => server.name)
  const faults: CalendarFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    const sleepsMs = random.chance(0.4) ? random.pick([50, 200, 800]) : 0
    faults.push({
      kind: 'calendar',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      byMs: sleepsMs > 0 ? hourMs : random.pick([-3 * dayMs, -hourMs, 90_000, 2 * dayMs, 3 * dayMs]),
      sleepsMs,
      target: drawTarget(random, names),
    })
  }
  return faults
}

export function strikeCalendar(scene: FaultScene, { target, byMs, sleepsMs }: CalendarFault): void {
  const server = scene.find(target)
  if (server === undefined) return
  if (sleepsMs === 0) return server.setCalendar(byMs)
  if (server.state !== 'running') return
  server.pause()
  let sleeps = true
  const wakeUp = (): void => {
    if (!sleeps) return
    sleeps = false
    server.sleptFor(sleepsMs, byMs)
    server.resume()
  }
  scene.queue.after(sleepsMs, wakeUp)
  scene.atHeal(wakeUp)
}

export function describeCalendar({ target, byMs, sleepsMs }: CalendarFault): string {
  const sleep = sleepsMs > 0 ? `the machine of ${wordsOf(target)} sleeps for ${sleepsMs}ms, and its` : `the`
  const owner = sleepsMs > 0 ? '' : ` of ${wordsOf(target)}`
  return `${sleep} calendar${owner} goes by ${byMs}ms`
}
