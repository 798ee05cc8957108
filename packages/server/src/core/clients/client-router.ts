/** Where clients' lines come in: chooses who handles them, and keeps them in order while a decision is under way. */
import { addressGroup, isLoopbackHost, type ClientId, type ClientLine } from '@jwp/protocol'
import type { ServerInputOf } from '../inputs.js'
import { earliest, type Parts } from '../parts.js'
import type { ClientState, Decision } from './client-state.js'
import { commandOf, InvalidCommand, type Fields } from './command-shapes.js'
import { Jobs, type JobResult } from '../accounts/jobs.js'
import { Login } from '../accounts/login.js'
import { Publishing } from './publishing.js'
import { Registration } from '../accounts/registration.js'
import { SilentClients } from './silent-clients.js'

/** Lines that may wait for a decision. What is in the socket when we stop reading it fits well. */
const maxWaitingLines = 4_096

export class ClientDesk {
  readonly #parts: Parts
  readonly #jobs: Jobs
  readonly #login: Login
  readonly #publishing: Publishing
  readonly registration: Registration
  readonly #silence: SilentClients
  readonly #deciding = new Set<ClientState>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#jobs = new Jobs(parts.outbox)
    this.#login = new Login(parts, this.#jobs)
    this.#publishing = new Publishing(parts)
    this.registration = new Registration(parts, this.#jobs)
    this.#silence = new SilentClients(parts)
  }

  /** Clients that are not read, since the network is slower than its publishers. */
  get slowedCount(): number {
    return this.#publishing.slowedCount
  }

  opened({ client, freshToken, dialect, remoteHost, reachedAt }: ServerInputOf<'client-opened'>): void {
    this.#parts.sessions.add({
      id: client,
      freshToken,
      dialect,
      addressGroup: remoteHost === undefined ? undefined : addressGroup(remoteHost),
      reachedAt: remoteHost === undefined || isLoopbackHost(remoteHost) ? undefined : reachedAt,
      openedMs: this.#parts.time.nowMs,
      heardMs: this.#parts.time.nowMs,
      isAsked: false,
      member: undefined,
      registered: undefined,
      features: new Set(),
      session: undefined,
      deciding: undefined,
      waitingLines: [],
      held: false,
      hasEnded: false,
    })
  }

  line({ client, value, activity }: ServerInputOf<'client-line'>): void {
    const state = this.#parts.sessions.get(client)
    if (state === undefined) return
    this.#silence.heard(state)
    if (state.deciding === undefined) this.#handle(state, { value, activity })
    else if (state.waitingLines.length < maxWaitingLines) state.waitingLines.push({ value, activity })
    else this.#invalid(state, 'too many messages before the answer to the first')
  }

  garbled({ client, info }: ServerInputOf<'client-garbled'>): void {
    const state = this.#parts.sessions.get(client)
    if (state !== undefined) this.#invalid(state, info)
  }

  /** Whoever sends no more is as good as gone: it counts as no load. */
  ended(client: ClientId): void {
    const state = this.#parts.sessions.get(client)
    if (state === undefined) return
    state.hasEnded = true
    this.#parts.capacity.ended(state)
  }

  closed({ client, isReset = false }: ServerInputOf<'client-closed'>): void {
    const { sessions, streams, acknowledgements } = this.#parts
    const state = sessions.remove(client, { isReset })
    if (state === undefined) return
    state.deciding = undefined
    this.#forget(state)
    streams.leave(client)
    acknowledgements.forget(state)
  }

  jobFinished(result: JobResult): void {
    this.#jobs.finished(result)
  }

  /** A login or registration begins: later lines wait. */
  decide(client: ClientState, decision: Decision): void {
    client.deciding = decision
    this.#deciding.add(client)
    this.hold(client)
  }

  /** How many from there wait for a decision. */
  decidingFrom(addressGroup: string): number {
    let count = 0
    for (const client of this.#deciding)
      if (client.deciding !== undefined && client.addressGroup === addressGroup) count++
    return count
  }

  /** It has ended well. Call `nextLines` when the answer is out. */
  decided(client: ClientState): void {
    client.deciding = undefined
    this.#deciding.delete(client)
  }

  /** Handles what came in meanwhile. */
  nextLines(client: ClientState): void {
    while (
      client.deciding === undefined &&
      client.waitingLines.length > 0 &&
      this.#parts.sessions.get(client.id) === client
    ) {
      this.#handle(client, client.waitingLines.shift()!)
    }
    this.release(client)
  }

  hold(client: ClientState): void {
    if (client.held) return
    client.held = true
    this.#parts.outbox.push({ type: 'hold-client', client: client.id })
  }

  release(client: ClientState): void {
    if (!client.held || client.deciding !== undefined || this.#publishing.isSlowed(client)) return
    if (this.#parts.sessions.get(client.id) !== client) return
    client.held = false
    this.#silence.heard(client)
    this.#parts.outbox.push({ type: 'release-client', client: client.id })
  }

  tick(): void {
    this.#silence.tick()
    for (const client of [...this.#deciding]) {
      const decision = client.deciding
      if (decision === undefined) this.#deciding.delete(client)
      else if (this.#parts.time.nowMs >= decision.deadlineMs) decision.onDeadline()
    }
  }

  /** End of a turn. */
  flush(): void {
    this.#publishing.flush()
    this.#login.flush()
  }

  nextDeadlineMs(): number | undefined {
    const silenceMs = this.#silence.nextDeadlineMs()
    // All have the same time, so the first to ask is the first to hear.
    for (const { deciding } of this.#deciding)
      if (deciding !== undefined)
        return earliest(deciding.deadlineMs, this.#login.nextDeadlineMs(), silenceMs)
    return silenceMs
  }

  #handle(client: ClientState, { value, activity }: ClientLine): void {
    try {
      const { name, fields } = commandOf(value)
      if (name === 'ACTIVITY_MESSAGE') this.#publishing.publish(client, fields, activity)
      else this.#dispatch(client, name, fields)
    } catch (error) {
      if (!(error instanceof InvalidCommand)) throw error
      this.#invalid(client, error.message)
    }
  }

  #dispatch(client: ClientState, name: string, fields: Fields): void {
    switch (name) {
      case 'LOGIN':
        return this.#login.begin(client, fields)
      case 'REGISTER':
        return this.registration.begin(client, fields)
      case 'AUTHENTICATE':
        return this.#deny(client, 'AUTHENTICATE is for servers, which speak net-ipc: log in with LOGIN')
      case 'LOGOUT':
      case 'INVALID_MESSAGE':
        return this.#hangUp(client)
      case 'PING':
        if (client.features.size > 0) return this.#pong(client, fields)
        break
      case 'PONG':
        if (client.features.size > 0) return
        break
      case 'DELIVERED':
        if (client.features.has('resume')) return this.#delivered(client, fields)
        break
    }
    throw new InvalidCommand(`unknown command ${JSON.stringify(name.slice(0, 64))}`)
  }

  #pong(client: ClientState, fields: Fields): void {
    const { nonce } = fields
    if (this.#parts.streams.isBlocked(client.id)) return
    this.#parts.outbox.tell(client.id, { command: 'PONG', ...(typeof nonce === 'number' ? { nonce } : {}) })
  }

  /** Confirmation of what the client has handled: nobody can have handled what was never sent. */
  #delivered(client: ClientState, fields: Fields): void {
    const { index, epoch } = fields
    const { streams, log } = this.#parts
    if (
      typeof index !== 'number' ||
      !Number.isSafeInteger(index) ||
      index < 0 ||
      index > streams.furthest(client.id)
    ) {
      throw new InvalidCommand('DELIVERED tells an index that was never sent')
    }
    // Said of a log that was cut meanwhile: what has this place now is not what the client has handled.
    if (index > (streams.position(client.id) ?? 0)) return
    if (typeof epoch === 'string' && log.epochAt(index) !== epoch) return
    this.#parts.presenceDesk.confirmed(client.id, index)
    if (client.session !== undefined) this.#parts.persistence.confirmed(client.session.publisher, index)
  }

  #invalid(client: ClientState, info: string): void {
    this.#parts.outbox.tell(client.id, { command: 'INVALID_MESSAGE', info })
    this.#hangUp(client)
  }

  /** It asks for what only servers may ask, in whatever shape. */
  #deny(client: ClientState, info: string): void {
    this.#parts.outbox.tell(client.id, { command: 'AUTHENTICATION_FAIL', info })
    this.#hangUp(client)
  }

  #hangUp(client: ClientState): void {
    client.deciding = undefined
    this.#forget(client)
    this.#parts.sessions.hangUp(client)
  }

  #forget(client: ClientState): void {
    this.#deciding.delete(client)
    this.#publishing.forget(client)
  }
}
