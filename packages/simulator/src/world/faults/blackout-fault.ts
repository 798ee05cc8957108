/**
 * The power fails: all servers and the clock die at one moment, and all come back with their disks, one after the
 * other. Everything that was acknowledged is delivered as if nothing had happened.
 */
import type { Random } from '@jwp/protocol'
import { clientsWithLastWords, type FaultGround, type FaultScene } from './fault-scene.js'

export interface BlackoutFault {
  readonly kind: 'blackout'
  readonly atMs: number
  /** After how long each comes back, in the order of the names of those that died; used again from the start if need be. */
  readonly backAfterMs: readonly number[]
  /**
   * It strikes the moment after this client was told that a message is safe, and this client never comes back: no
   * process is left that could send the message again. Absent: at the time given, and all clients live.
   */
  readonly lastWordsOf?: string
}

export function drawBlackouts(random: Random, ground: FaultGround): BlackoutFault[] {
  const blackouts: BlackoutFault[] = []
  for (let k = 1 + random.below(2); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    const mostMs = random.pick([20, 300, 3_000])
    const backAfterMs = ground.servers.map(() => Math.floor(random.between(1, mostMs)))
    // Without their disks there would be nothing to check.
    const mortal = random.chance(0.75) ? clientsWithLastWords(ground) : []
    const lastWordsOf = mortal.length > 0 ? { lastWordsOf: random.pick(mortal).name } : {}
    if (ground.disks === 'all') blackouts.push({ kind: 'blackout', atMs, backAfterMs, ...lastWordsOf })
  }
  return blackouts
}

export function strikeBlackout(scene: FaultScene, fault: BlackoutFault): void {
  const { lastWordsOf } = fault
  if (lastWordsOf === undefined) return goDark(scene, fault)
  let isArmed = true
  scene.atHeal(() => {
    isArmed = false
  })
  scene.observe({
    serverTells: (server, client, command) => {
      if (!isArmed || command.command !== 'ACTIVITY_ACK' || server.peerOfClient(client) !== lastWordsOf)
        return
      isArmed = false
      // Not in the middle of the turn: its batches leave first, as far as the crash lets them.
      scene.queue.after(0, () => {
        scene.crashClient(lastWordsOf)
        goDark(scene, fault)
      })
    },
  })
}

function goDark(scene: FaultScene, fault: BlackoutFault): void {
  const servers = [...scene.alive()].sort((a, b) => (a.host < b.host ? -1 : 1))
  for (const server of servers) scene.crash(server)
  scene.clock.crash()
  servers.forEach(({ host }, k) => {
    let isBack = false
    const comeBack = (): void => {
      if (!isBack) scene.startAgain(host)
      isBack = true
    }
    scene.queue.after(fault.backAfterMs[k % fault.backAfterMs.length] ?? 1, comeBack)
    scene.atHeal(comeBack)
  })
  scene.queue.after(fault.backAfterMs[0] ?? 1, () => scene.clock.start())
}
