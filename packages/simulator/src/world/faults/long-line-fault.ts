/** A client publishes what is a longer line than some readers take (`mostLineBytes` of their plans). */
import type { Random } from '@jwp/protocol'
import type { FaultScene } from './fault-scene.js'

export interface LongLineFault {
  readonly kind: 'long-line'
  readonly atMs: number
  readonly client: string
  /** Of its text. */
  readonly bytes: number
}

/** @param clients that publish, and say what they are told to */
export function drawLongLineFaults(
  random: Random,
  clients: readonly { readonly name: string }[],
  mostLineBytes: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): LongLineFault[] {
  if (clients.length === 0) return []
  return Array.from({ length: 1 + random.below(6) }, () => ({
    kind: 'long-line',
    atMs: Math.floor(random.between(fromMs, toMs)),
    client: random.pick(clients).name,
    bytes: mostLineBytes + random.below(200),
  }))
}

export function strikeLongLine(scene: FaultScene, { client, bytes }: LongLineFault): void {
  scene.publish(client, (n) => `${client} says ${String(n).padStart(bytes, '0')}`)
}
