/** The clock server dies, and perhaps comes back. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface ClockFault {
  readonly kind: 'clock-crash' | 'clock-start'
  readonly atMs: number
}

export function drawClockFaults(random: Random, ground: FaultGround): ClockFault[] {
  const faults: ClockFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    faults.push({ kind: 'clock-crash', atMs })
    if (random.chance(0.8))
      faults.push({ kind: 'clock-start', atMs: atMs + Math.floor(random.between(1, 2_000)) })
  }
  return faults
}

export function strikeClockFault(scene: FaultScene, fault: ClockFault): void {
  if (fault.kind === 'clock-crash') scene.crashClock()
  else scene.startClock()
}
