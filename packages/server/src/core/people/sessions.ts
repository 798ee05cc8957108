/** All clients of this server, and which numbered sessions are theirs. */
import type { ClientId, LogEntry, LogIndex, PublisherId, PublisherMark, SessionId } from '@jwp/protocol'
import { PublisherNumbers } from '../log/publisher-numbers.js'
import type { Parts } from '../parts.js'
import type { ClientState, NumberedSession } from './client-state.js'
import type { Departure } from './presence/presence-desk.js'

export class Sessions {
  readonly #parts: Parts
  readonly #clients = new Map<ClientId, ClientState>()
  readonly #byPublisher = new Map<PublisherId, ClientState>()
  readonly #bySession = new Map<SessionId, ClientState>()
  /** Highest n of each publisher in the applied log: what WELCOME's `expect` and repeated ids are judged by. */
  readonly #appliedNumbers: PublisherNumbers

  constructor(parts: Parts) {
    this.#parts = parts
    this.#appliedNumbers = new PublisherNumbers(parts.platform)
  }

  get count(): number {
    return this.#clients.size
  }

  all(): Iterable<ClientState> {
    return this.#clients.values()
  }

  get(client: ClientId): ClientState | undefined {
    return this.#clients.get(client)
  }

  add(state: ClientState): void {
    this.#clients.set(state.id, state)
  }

  remove(client: ClientId, departure: Departure = {}): ClientState | undefined {
    const state = this.#clients.get(client)
    this.#clients.delete(client)
    this.#parts.serverList.forget(client)
    this.#parts.presenceDesk.leave(client, departure)
    if (state !== undefined) this.#parts.capacity.left(state)
    if (state?.session === undefined) return state
    const { id, publisher } = state.session
    if (this.#byPublisher.get(publisher) === state) this.#byPublisher.delete(publisher)
    if (this.#bySession.get(id) === state) this.#bySession.delete(id)
    return state
  }

  /** The session goes on over this connection. No other one here has it. */
  bind({ id, publisher }: NumberedSession, state: ClientState): void {
    this.#byPublisher.set(publisher, state)
    this.#bySession.set(id, state)
  }

  holderOf(session: SessionId): ClientState | undefined {
    return this.#bySession.get(session)
  }

  /** Those that are held here. */
  *numbered(): Generator<NumberedSession> {
    for (const { session } of this.#bySession.values()) if (session !== undefined) yield session
  }

  /** Whose sessions are connected here. */
  publishers(): Iterable<PublisherId> {
    return this.#byPublisher.keys()
  }

  isLocal(publisher: PublisherId): boolean {
    return this.#byPublisher.has(publisher)
  }

  appliedNumber(publisher: PublisherId): number {
    return this.#appliedNumbers.of(publisher)
  }

  applied(entry: LogEntry, index: LogIndex): void {
    this.#appliedNumbers.append(entry, index)
  }

  /** These applied entries, those after `end`, were cut. */
  cutApplied(end: LogIndex, cut: readonly LogEntry[]): void {
    for (let i = cut.length - 1; i >= 0; i--) this.#appliedNumbers.cut(cut[i]!, end + 1 + i)
  }

  /** Nothing up to here will be cut any more. */
  settle(index: LogIndex): void {
    this.#appliedNumbers.settle(index)
  }

  restartNumbers(marks: readonly PublisherMark[]): void {
    this.#appliedNumbers.restart(marks)
  }

  /** Closes a connection from our side. */
  hangUp(state: ClientState, departure: Departure = {}): void {
    this.remove(state.id, departure)
    state.deciding = undefined
    this.#parts.streams.leave(state.id)
    this.#parts.acknowledgements.forget(state)
    this.#parts.outbox.push({ type: 'hang-up', client: state.id })
  }
}
