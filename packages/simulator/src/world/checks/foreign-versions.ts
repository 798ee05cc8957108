/**
 * A server of another version is refused in words when it asks, and asked less and less often when it is known: by
 * roots that look for other trees. Orphans ask all known servers, each time: their way home may lead through it. A
 * server that is configured to join it says why it cannot, and ends.
 */
import type { Address, ServerMessage } from '@jwp/protocol'
import type { Fault, FaultKind } from '../faults/fault.js'
import type { Observer } from '../observers.js'
import type { ForeignServer } from '../processes/foreign-server.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

/** An answer that is late or lost teaches nothing, and a watch that jumps shortens every pause. */
const late: readonly FaultKind[] = ['partition', 'flap', 'pause', 'slow', 'stall', 'jump', 'calendar']
const firstPauseMs = 2_000
/** A question that was under way when the first answer came. */
const underWay = 1

const words = /^no protocol version in common: this server speaks version \d+, you /

interface Questions {
  readonly sinceMs: number
  probes: number
  joins: number
}

export class ForeignVersions implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  readonly #questions = new Map<string, Questions>()
  /** Knocks that were refused, and questions that were asked of foreigners. */
  refused = 0
  asked = 0

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  foreignAnswered(foreign: ForeignServer, door: Address, answers: readonly ServerMessage[]): void {
    // A server that has died, or was cut off from it, said nothing; and what has come in its place meanwhile may be
    // as foreign.
    if (answers.length === 0 || this.#world().foreignAt(`${door.host}:${door.port}`) !== undefined) return
    this.refused++
    const [answer] = answers
    if (answers.length === 1 && answer?.type === 'AUTHENTICATION_FAIL' && words.test(answer.info)) return
    this.#accuse(
      'other versions are refused in words',
      `${door.name} to ${foreign.host}: ${JSON.stringify(answers)}`,
    )
  }

  foreignAsked(foreign: ForeignServer, host: string, message: ServerMessage): void {
    this.asked++
    const nowMs = this.#world().elapsedMs
    const asker = this.#world().server(host)
    const key = `${asker?.id ?? host} ${foreign.endpoint}`
    let questions = this.#questions.get(key)
    if (questions === undefined)
      this.#questions.set(key, (questions = { sinceMs: nowMs, probes: 0, joins: 0 }))
    if (message.type === 'PROBE') questions.probes++
    // What it has answered with was never "I would take you".
    if (message.type === 'AUTHENTICATE' && !message.dry) questions.joins++
    const pauses = Math.floor(Math.log2((nowMs - questions.sinceMs) / firstPauseMs + 1))
    if (questions.probes > 1 + pauses + underWay && !this.#world().plan.faults.some(isLate))
      this.#accuse('what cannot change is tried less often', `${key}: ${questions.probes} probes`)
    if (questions.joins > 1 + underWay)
      this.#accuse(
        'what cannot change is tried less often',
        `${key}: ${questions.joins} times asked to take it`,
      )
  }

  serverEnded({ id, endInfo, options: { remote } }: ServerProcess): void {
    if (!isRefusedForItsVersion(endInfo)) return
    const foreign = remote && this.#world().foreignAt(`${remote.host}:${remote.port}`)
    if (foreign === undefined) this.#accuse('no server gives up', `${id} ${endInfo}`)
  }
}

const isLate = (fault: Fault): boolean => late.includes(fault.kind)

/** A server configured to join it need not try again. */
export function isRefusedForItsVersion(endInfo: string): boolean {
  return /^stopped \(4\): cannot join \S+: no protocol version in common: /.test(endInfo)
}
