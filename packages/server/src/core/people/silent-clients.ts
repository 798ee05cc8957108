/**
 * A client whose line is cut says nothing, and its kernel tells us nothing for many minutes. Who asked for features can
 * be asked: after half of the limit it gets a PING, and any line of its is an answer. Whom we do not read ourselves is
 * not accused, nor is anybody after we stood still.
 */
import type { Parts } from '../parts.js'
import type { ClientState } from './client-state.js'

/** How many times per limit everybody is looked at. */
const looksPerLimit = 4

export class SilentClients {
  readonly #parts: Parts
  #nextLookMs: number | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  heard(client: ClientState): void {
    client.heardMs = this.#parts.time.nowMs
    client.isAsked = false
  }

  tick(): void {
    const dueMs = this.nextDeadlineMs()
    const { time } = this.#parts
    if (dueMs === undefined || time.nowMs < dueMs) return
    this.#nextLookMs = time.nowMs + this.#everyMs
    // What they said may lie unread in their sockets.
    const wasLate = time.nowMs - dueMs > this.#everyMs / 2
    for (const client of [...this.#parts.sessions.all()]) {
      if (client.features.size === 0) continue
      if (wasLate || client.held) this.heard(client)
      else this.#look(client)
    }
  }

  nextDeadlineMs(): number | undefined {
    if (this.#parts.sessions.count === 0) return (this.#nextLookMs = undefined)
    return (this.#nextLookMs ??= this.#parts.time.nowMs + this.#everyMs)
  }

  #look(client: ClientState): void {
    const { time, options, outbox, sessions, streams } = this.#parts
    const limitMs = options.timing.clientSilenceMs
    const silentMs = time.nowMs - client.heardMs
    if (silentMs >= limitMs) {
      outbox.report({
        event: 'client-silent',
        forMs: Math.round(silentMs),
        username: client.member?.username ?? '',
      })
      // Whatever was written since its line was cut it cannot have read, whether it confirms or not.
      sessions.hangUp(client, { isReset: true })
    } else if (silentMs >= limitMs / 2 && !client.isAsked) {
      client.isAsked = true
      if (!streams.isBlocked(client.id)) outbox.tell(client.id, { command: 'PING' })
    }
  }

  get #everyMs(): number {
    return this.#parts.options.timing.clientSilenceMs / looksPerLimit
  }
}
