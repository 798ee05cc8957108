/** All clients of this server, and which numbered sessions are theirs. */
import type { ClientId, LogEntry, LogIndex, Platform, PublisherId, SessionId } from '@jwp/protocol'
import { countOf, LogRun } from '@jwp/protocol'
import { PublisherNumbers } from '../log/publisher-numbers.js'
import type { Outbox } from '../outbox.js'
import type { LogProjection, Restart } from '../projections/log-projection.js'
import type { ClientState, NumberedSession } from './client-state.js'
import type { Departure, SessionListener } from './session-listener.js'

export interface SessionsNeeds {
  readonly platform: Pick<Platform, 'decodeUtf8'>
  readonly outbox: Pick<Outbox, 'push'>
  readonly listeners: readonly SessionListener[]
}

export class Sessions implements LogProjection {
  readonly #needs: SessionsNeeds
  readonly #clients = new Map<ClientId, ClientState>()
  readonly #byPublisher = new Map<PublisherId, ClientState>()
  readonly #bySession = new Map<SessionId, ClientState>()
  /** Highest n of each publisher in the applied log: what WELCOME's `expect` and repeated ids are judged by. */
  readonly #appliedNumbers: PublisherNumbers

  constructor(needs: SessionsNeeds) {
    this.#needs = needs
    this.#appliedNumbers = new PublisherNumbers(needs.platform)
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

  remove(client: ClientId, departure: Departure = {}): void {
    const state = this.#clients.get(client)
    if (state === undefined) return
    this.#clients.delete(client)
    if (state.session !== undefined) {
      const { id, publisher } = state.session
      if (this.#byPublisher.get(publisher) === state) this.#byPublisher.delete(publisher)
      if (this.#bySession.get(id) === state) this.#bySession.delete(id)
    }
    for (const listener of this.#needs.listeners) listener.clientLeft(state, departure)
  }

  /** The session continues over this connection. No other connection here has it. */
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

  /** The users whose sessions are connected here. */
  publishers(): Iterable<PublisherId> {
    return this.#byPublisher.keys()
  }

  isLocal(publisher: PublisherId): boolean {
    return this.#byPublisher.has(publisher)
  }

  appliedNumber(publisher: PublisherId): number {
    return this.#appliedNumbers.of(publisher)
  }

  applyActivities(run: LogRun, first: LogIndex): void {
    this.#appliedNumbers.append(run, first)
  }

  apply(entry: LogEntry, index: LogIndex): void {
    this.#appliedNumbers.append(LogRun.of(entry), index)
  }

  endApply(): void {
    // Numbers are looked up when they are needed.
  }

  cutTo(end: LogIndex, cut: readonly LogRun[]): void {
    let last = end + countOf(cut)
    for (const run of [...cut].reverse()) {
      this.#appliedNumbers.cut(run, last - run.count + 1)
      last -= run.count
    }
  }

  settle(index: LogIndex): void {
    this.#appliedNumbers.settle(index)
  }

  restart({ base: { marks } }: Restart): void {
    this.#appliedNumbers.restart(marks)
  }

  endRestart(): void {
    // Clients keep their sessions; what they have sent is judged by the new numbers.
  }

  /** Closes a connection from our side. */
  close(state: ClientState, departure: Departure = {}): void {
    this.remove(state.id, { isEnding: true, ...departure })
    this.#needs.outbox.push({ type: 'close-client', client: state.id })
  }
}
