/**
 * Gives up clients whose line is cut: they say nothing, and the kernel reports nothing for many minutes. A client
 * with features gets a PING after half of the limit, and any line of it is an answer. A client that this server does
 * not read is not given up, nor is any client right after this process stood still.
 */
import type { ClientState } from './client-state.js'
import type { TurnTime } from '../turn-time.js'
import type { Sessions } from './sessions.js'
import type { ReadFlow } from './read-flow.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { FanOut } from './fan-out.js'

export interface SilentClientsNeeds {
  readonly time: TurnTime
  readonly sessions: Pick<Sessions, 'all' | 'count' | 'close'>
  readonly readFlow: Pick<ReadFlow, 'isPaused'>
  readonly options: Pick<ServerOptions, 'timing'>
  readonly outbox: Pick<Outbox, 'report' | 'sendToClient'>
  readonly fanOut: Pick<FanOut, 'isBlocked'>
}

/** How many times per limit all clients are checked. */
const looksPerLimit = 4

export class SilentClients {
  readonly #needs: SilentClientsNeeds
  #nextLookMs: number | undefined

  constructor(needs: SilentClientsNeeds) {
    this.#needs = needs
  }

  /** A client has come. */
  opened(): void {
    const { sessions, time } = this.#needs
    if (sessions.count === 1) this.#nextLookMs = time.nowMs + this.#everyMs
  }

  heard(client: ClientState): void {
    client.heardMs = this.#needs.time.nowMs
    client.isAsked = false
  }

  tick(): void {
    const dueMs = this.nextDeadlineMs()
    const { time } = this.#needs
    if (dueMs === undefined || time.nowMs < dueMs) return
    this.#nextLookMs = time.nowMs + this.#everyMs
    // What they said may lie unread in their sockets.
    const wasLate = time.nowMs - dueMs > this.#everyMs / 2
    for (const client of [...this.#needs.sessions.all()]) {
      if (client.features.size === 0) continue
      if (wasLate || this.#needs.readFlow.isPaused(client)) this.heard(client)
      else this.#look(client)
    }
  }

  nextDeadlineMs(): number | undefined {
    return this.#needs.sessions.count === 0 ? undefined : this.#nextLookMs
  }

  #look(client: ClientState): void {
    const { time, options, outbox, sessions, fanOut } = this.#needs
    const limitMs = options.timing.clientSilenceMs
    const silentMs = time.nowMs - client.heardMs
    if (silentMs >= limitMs) {
      outbox.report({
        event: 'client-silent',
        forMs: Math.round(silentMs),
        username: client.member?.username ?? '',
      })
      // Whatever was written since its line was cut it cannot have read, whether it confirms or not.
      sessions.close(client, { isReset: true })
    } else if (silentMs >= limitMs / 2 && !client.isAsked) {
      client.isAsked = true
      if (!fanOut.isBlocked(client.id)) outbox.sendToClient(client.id, { command: 'PING' })
    }
  }

  get #everyMs(): number {
    return this.#needs.options.timing.clientSilenceMs / looksPerLimit
  }
}
