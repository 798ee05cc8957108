/**
 * The clock server dies, and perhaps comes back, perhaps on a machine whose own time is off; it sleeps for a while;
 * or it is no good clock any more and hands out numbers that it gave before, or from the past. Or the connection to it dies
 * without a word, for ever.
 */
import type { Random } from '@jwp/protocol'
import type { Lie } from '../processes/clock-process.js'
import type { FaultGround, FaultScene } from './fault-scene.js'

export type ClockFault = ClockEnd | ClockPause | ClockLie | ClockHang

export interface ClockEnd {
  readonly kind: 'clock-crash' | 'clock-start'
  readonly atMs: number
  /** The clock that starts: how far its machine's own time is off then, in milliseconds. Default 0. */
  readonly skewMs?: number
}

export interface ClockPause {
  readonly kind: 'clock-pause'
  readonly atMs: number
  readonly forMs: number
}

export interface ClockLie {
  readonly kind: 'clock-lie'
  readonly atMs: number
  readonly forMs: number
  readonly lie: Lie
}

export interface ClockHang {
  readonly kind: 'clock-hang'
  readonly atMs: number
}

const dayMs = 86_400_000
/** The ceiling must outlast a machine's time that went back; a clock may refuse what is a day ahead of it. */
const skewsMs = [0, 0, 0, -3_000, 2_000, -60_000, 60_000, 1.5 * dayMs]

export function drawClockFaults(random: Random, ground: FaultGround): ClockFault[] {
  const faults: ClockFault[] = []
  const moment = (): number => Math.floor(random.between(ground.fromMs, ground.toMs))
  for (let k = random.below(3); k > 0; k--) {
    const atMs = moment()
    faults.push({ kind: 'clock-crash', atMs })
    if (!random.chance(0.8)) continue
    const startMs = atMs + Math.floor(random.between(1, 2_000))
    faults.push({ kind: 'clock-start', atMs: startMs, skewMs: random.pick(skewsMs) })
  }
  if (random.chance(0.3))
    faults.push({ kind: 'clock-pause', atMs: moment(), forMs: random.pick([100, 160, 500, 3_000]) })
  if (random.chance(0.2)) {
    const lie = random.pick(['twice', 'past', 'now-and-then'] as const)
    faults.push({ kind: 'clock-lie', atMs: moment(), forMs: random.pick([100, 500, 3_000]), lie })
  }
  return faults
}

/** Apart from the others, so that their worlds are what they were. */
export function drawClockHangs(random: Random, ground: FaultGround): ClockHang[] {
  return Array.from({ length: 1 + random.below(3) }, () => ({
    kind: 'clock-hang',
    atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
  }))
}

export function strikeClockFault(scene: FaultScene, fault: ClockFault): void {
  const { clock, queue } = scene
  switch (fault.kind) {
    case 'clock-crash':
      return clock.crash()
    case 'clock-start':
      return clock.start(fault.skewMs ?? 0)
    case 'clock-pause': {
      clock.pause()
      const end = (): void => clock.resume()
      queue.after(fault.forMs, end)
      scene.atHeal(end)
      return
    }
    case 'clock-hang':
      return clock.hangConnections()
    case 'clock-lie': {
      clock.lie(fault.lie)
      const end = (): void => clock.lie(undefined)
      queue.after(fault.forMs, end)
      scene.atHeal(end)
    }
  }
}

export function describeClockFault(fault: ClockFault): string {
  switch (fault.kind) {
    case 'clock-crash':
      return fault.kind
    case 'clock-start':
      return `clock-start${fault.skewMs ? `, its time is off by ${fault.skewMs}ms` : ''}`
    case 'clock-pause':
      return `pause clock for ${fault.forMs}ms`
    case 'clock-hang':
      return `what leads to the clock is dead, without a word`
    case 'clock-lie':
      return `the clock gives wrong numbers (${fault.lie}) for ${fault.forMs}ms`
  }
}
