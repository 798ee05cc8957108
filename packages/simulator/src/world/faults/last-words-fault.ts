/**
 * A client and its server die together, the moment after the server has told it that a message is safe. No process is
 * left that could send it again: what was acknowledged must be somewhere else already.
 */
import type { Random } from '@jwp/protocol'
import { clientsWithLastWords, type FaultGround, type FaultScene } from './fault-scene.js'

export interface LastWordsFault {
  readonly kind: 'last-words'
  /** The first acknowledgement after this is the last one. */
  readonly atMs: number
  readonly client: string
}

export function drawLastWords(random: Random, ground: FaultGround): LastWordsFault[] {
  // One crash at a time: `held` promises no more.
  const mortal = clientsWithLastWords(ground)
  if (mortal.length === 0) return []
  const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
  return [{ kind: 'last-words', atMs, client: random.pick(mortal).name }]
}

export function strikeLastWords(scene: FaultScene, fault: LastWordsFault): void {
  let isArmed = true
  scene.atHeal(() => {
    isArmed = false
  })
  scene.observe({
    serverTells: (server, client, command) => {
      if (!isArmed || command.command !== 'ACTIVITY_ACK' || server.peerOfClient(client) !== fault.client)
        return
      isArmed = false
      // Not in the middle of the turn: its batches leave first, as far as the crash lets them.
      scene.queue.after(0, () => {
        scene.crashClient(fault.client)
        if (scene.alive().length > 1) scene.crash(server)
      })
    },
  })
}
