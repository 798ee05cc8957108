/**
 * Entry point for the lines of clients: chooses the piece that handles a command, and keeps commands in order while a
 * decision is under way.
 */
import { isLoopbackHost, type ClientId, type ClientLine } from '@jwp/protocol'
import type { ServerInputOf } from '../inputs.js'
import type { Jobs, JobResult } from '../accounts/jobs.js'
import type { Login } from '../accounts/login.js'
import type { Registration } from '../accounts/registration.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Capacity } from '../placement/capacity.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { Persistence } from '../storage/persistence.js'
import type { TurnTime } from '../turn-time.js'
import type { ClientState } from './client-state.js'
import { commandOf, InvalidCommand, type Fields } from './command-shapes.js'
import type { Decisions } from './decisions.js'
import type { FanOut } from './fan-out.js'
import type { Publishing } from './publishing.js'
import type { Sessions } from './sessions.js'
import type { SilentClients } from './silent-clients.js'

export interface ClientRouterNeeds {
  readonly time: TurnTime
  readonly sessions: Pick<Sessions, 'add' | 'get' | 'remove' | 'close'>
  readonly decisions: Pick<Decisions, 'of' | 'keepLine'>
  readonly silence: Pick<SilentClients, 'heard' | 'opened'>
  readonly capacity: Pick<Capacity, 'ended'>
  readonly login: Pick<Login, 'begin'>
  readonly registration: Pick<Registration, 'begin'>
  readonly jobs: Pick<Jobs, 'finished'>
  readonly publishing: Pick<Publishing, 'publish'>
  readonly fanOut: Pick<FanOut, 'isBlocked' | 'furthest' | 'position'>
  readonly log: Pick<Log, 'epochAt'>
  readonly tracker: Pick<PresenceTracker, 'confirmed' | 'ended'>
  readonly persistence: Pick<Persistence, 'confirmed'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
}

export class ClientRouter {
  readonly #needs: ClientRouterNeeds

  constructor(needs: ClientRouterNeeds) {
    this.#needs = needs
  }

  opened({
    client,
    freshToken,
    dialect,
    remoteHost,
    addressGroup,
    reachedAt,
  }: ServerInputOf<'client-opened'>): void {
    this.#needs.sessions.add({
      id: client,
      freshToken,
      dialect,
      addressGroup,
      reachedAt: remoteHost === undefined || isLoopbackHost(remoteHost) ? undefined : reachedAt,
      openedMs: this.#needs.time.nowMs,
      heardMs: this.#needs.time.nowMs,
      isAsked: false,
      member: undefined,
      registered: undefined,
      features: new Set(),
      session: undefined,
      hasEnded: false,
    })
    this.#needs.silence.opened()
  }

  line({ client, value, activity }: ServerInputOf<'client-line'>): void {
    const { sessions, silence, decisions } = this.#needs
    const state = sessions.get(client)
    if (state === undefined) return
    silence.heard(state)
    if (decisions.of(state) === undefined) this.handle(state, { value, activity })
    else if (!decisions.keepLine(state, { value, activity }))
      this.#invalid(state, 'too many messages before the answer to the first')
  }

  garbled({ client, info }: ServerInputOf<'client-garbled'>): void {
    const state = this.#needs.sessions.get(client)
    if (state !== undefined) this.#invalid(state, info)
  }

  /** A client that sends no more is as good as gone: it does not count as load. */
  ended(client: ClientId): void {
    const state = this.#needs.sessions.get(client)
    if (state === undefined) return
    state.hasEnded = true
    this.#needs.capacity.ended(state)
  }

  closed({ client, isReset = false }: ServerInputOf<'client-closed'>): void {
    const { sessions, tracker } = this.#needs
    tracker.ended(client, isReset)
    sessions.remove(client, { isReset })
  }

  jobFinished(result: JobResult): void {
    this.#needs.jobs.finished(result)
  }

  /** A line has its turn. */
  handle(client: ClientState, { value, activity }: ClientLine): void {
    try {
      const { name, fields } = commandOf(value)
      if (name === 'ACTIVITY_MESSAGE') this.#needs.publishing.publish(client, fields, activity)
      else this.#dispatch(client, name, fields)
    } catch (error) {
      if (!(error instanceof InvalidCommand)) throw error
      this.#invalid(client, error.message)
    }
  }

  #dispatch(client: ClientState, name: string, fields: Fields): void {
    switch (name) {
      case 'LOGIN':
        return this.#needs.login.begin(client, fields)
      case 'REGISTER':
        return this.#needs.registration.begin(client, fields)
      case 'AUTHENTICATE':
        return this.#deny(client, 'AUTHENTICATE is for servers, which speak net-ipc: log in with LOGIN')
      case 'LOGOUT':
      case 'INVALID_MESSAGE':
        // The client ends the connection itself: it does not want what it has not read.
        return this.#needs.sessions.close(client, { isEnding: false })
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
    if (this.#needs.fanOut.isBlocked(client.id)) return
    this.#needs.outbox.sendToClient(client.id, {
      command: 'PONG',
      ...(typeof nonce === 'number' ? { nonce } : {}),
    })
  }

  /** Confirms what the client has handled. A client cannot have handled what was never sent. */
  #delivered(client: ClientState, fields: Fields): void {
    const { index, epoch } = fields
    const { fanOut, log } = this.#needs
    if (
      typeof index !== 'number' ||
      !Number.isSafeInteger(index) ||
      index < 0 ||
      index > fanOut.furthest(client.id)
    ) {
      throw new InvalidCommand('DELIVERED tells an index that was never sent')
    }
    // Said of a log that was cut meanwhile: what has this place now is not what the client has handled.
    if (index > (fanOut.position(client.id) ?? 0)) return
    if (typeof epoch === 'string' && log.epochAt(index) !== epoch) return
    this.#needs.tracker.confirmed(client.id, index)
    if (client.session !== undefined) this.#needs.persistence.confirmed(client.session.publisher, index)
  }

  #invalid(client: ClientState, info: string): void {
    this.#needs.outbox.sendToClient(client.id, { command: 'INVALID_MESSAGE', info })
    this.#needs.sessions.close(client)
  }

  /** It asks for what only servers may ask, in whatever shape. */
  #deny(client: ClientState, info: string): void {
    this.#needs.outbox.sendToClient(client.id, { command: 'AUTHENTICATION_FAIL', info })
    this.#needs.sessions.close(client)
  }
}
