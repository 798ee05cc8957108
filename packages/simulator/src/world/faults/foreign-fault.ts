/**
 * A server dies, and what is started in its place speaks another version of the protocol, none in common with the
 * others: all know its address, it knows the secrets of others and knocks, and perhaps a server is configured to join
 * it. In the end the right one is started again.
 */
import type { Random } from '@jwp/protocol'
import type { ForeignEra } from '../processes/foreign-server.js'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { isAnyLeft } from './last-server.js'
import { drawTarget, wordsOf, type Target } from './target.js'

export interface ForeignFault {
  readonly kind: 'foreign'
  readonly atMs: number
  readonly forMs: number
  readonly target: Target
  readonly era: ForeignEra
  /** Absent: it does not knock. */
  readonly knockEveryMs?: number
  /** A new server is configured to join it, so long after it was started. Absent: none is. */
  readonly joinedAfterMs?: number
}

export function drawForeignServers(random: Random, ground: FaultGround): ForeignFault[] {
  const names = ground.servers.map((server) => server.name)
  const faults: ForeignFault[] = []
  for (let k = 1 + random.below(2); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    const isKnocking = random.chance(0.7)
    const isJoined = random.chance(0.5)
    faults.push({
      kind: 'foreign',
      atMs,
      forMs: random.pick([300, 2_000, 20_000]),
      target: drawTarget(random, names),
      era: random.pick(['older', 'newer']),
      ...(isKnocking ? { knockEveryMs: random.pick([15, 60, 400]) } : {}),
      ...(isJoined ? { joinedAfterMs: Math.floor(random.between(0, 400)) } : {}),
    })
  }
  return faults
}

export function strikeForeign(scene: FaultScene, fault: ForeignFault): void {
  const server = scene.find(fault.target)
  if (server === undefined || !isAnyLeft(scene, server)) return
  scene.crash(server)
  const { host } = server
  const { era, knockEveryMs, joinedAfterMs, forMs } = fault
  const end = scene.startForeign(host, { era, knockEveryMs })
  if (joinedAfterMs !== undefined) scene.queue.after(joinedAfterMs, () => scene.startNewcomer(host))
  let isOver = false
  const startTheRightOne = (): void => {
    if (isOver) return
    isOver = true
    end()
    scene.startAgain(host)
  }
  scene.queue.after(forMs, startTheRightOne)
  scene.atHeal(startTheRightOne)
}

export function describeForeign({ target, era, knockEveryMs, joinedAfterMs, forMs }: ForeignFault): string {
  const knocks = knockEveryMs === undefined ? '' : `, knocks every ${knockEveryMs}ms`
  const joined = joinedAfterMs === undefined ? '' : ', and a server is told to join it'
  return `${wordsOf(target)} dies, and an ${era} version takes its place for ${forMs}ms${knocks}${joined}`
}
