/** The clock server dies, and perhaps comes back, perhaps on a machine whose own time is off. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface ClockFault {
  readonly kind: 'clock-crash' | 'clock-start'
  readonly atMs: number
  /** The clock that starts: how far its machine's own time is off then, in milliseconds. Default 0. */
  readonly skewMs?: number
}

/** The ceiling must outlast a machine's time that went back. */
const skewsMs = [0, -3_000, 0, 2_000]

export function drawClockFaults(random: Random, ground: FaultGround): ClockFault[] {
  const faults: ClockFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    faults.push({ kind: 'clock-crash', atMs })
    if (!random.chance(0.8)) continue
    const startMs = atMs + Math.floor(random.between(1, 2_000))
    faults.push({ kind: 'clock-start', atMs: startMs, skewMs: skewsMs[startMs % skewsMs.length]! })
  }
  return faults
}

export function strikeClockFault(scene: FaultScene, fault: ClockFault): void {
  if (fault.kind === 'clock-crash') scene.crashClock()
  else scene.startClock(fault.skewMs ?? 0)
}
