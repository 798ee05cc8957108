/**
 * A client that survives its servers. It publishes under its own numbers, remembers what it has seen of the log, and
 * goes on at another server where it stopped: nothing is published twice, nothing is handed out twice, nothing is
 * missed.
 */
import {
  Random,
  type AckLevel,
  type Endpoint,
  type Machine,
  type PublisherId,
  type SessionToken,
} from '@jwp/protocol'
import type { ClientEffect, ClientEvent, ClientStopError } from './effects.js'
import type { ClientInput, Ticket } from './inputs.js'
import type { ClientOptions } from './options.js'
import { OwnMessages, type OwnMessage } from './own-messages.js'
import { Route } from './route.js'
import { SeenLog } from './seen-log.js'
import {
  broadcastOf,
  commandOf,
  endpointOf,
  endpointsOf,
  epochOf,
  infoOf,
  isCount,
  welcomeOf,
  type Fields,
} from './server-lines.js'

type Phase =
  | { readonly is: 'idle' }
  | { readonly is: 'pausing'; readonly untilMs: number }
  | { readonly is: 'dialling'; readonly endpoint: Endpoint; readonly deadlineMs: number }
  | { readonly is: 'logging-in'; readonly endpoint: Endpoint; readonly deadlineMs: number }
  | { readonly is: 'online'; readonly endpoint: Endpoint; readonly sinceMs: number }
  | { readonly is: 'stopped' }

interface Session {
  readonly token: SessionToken
  readonly publisher: PublisherId
}

/** Words of a server that could not decide: worth another try elsewhere. */
const undecided = 'not decided'
/** Servers in a row that lag behind what we no longer keep, before we begin a new session. */
const maxServersBehind = 5
/** Refusals in a row without anything achieved between them. */
const maxRefusals = 5
/** Redirects in a row before we stay away from where they lead. */
const maxRedirects = 8

export class ClientCore implements Machine<ClientInput, ClientEffect> {
  readonly #options: ClientOptions
  readonly #route: Route
  readonly #own: OwnMessages
  readonly #seen: SeenLog
  #effects: ClientEffect[] = []
  #nowMs = 0
  #phase: Phase = { is: 'idle' }
  #session: Session | undefined
  #closing = false
  #paused = false
  #heardMs = 0
  #pingedMs = 0
  #unconfirmed = 0
  #serversBehind = 0
  #refusals = 0
  #redirects = 0

  constructor(options: ClientOptions) {
    this.#options = options
    this.#route = new Route(options.seeds, options.limits, new Random(options.seed))
    this.#own = new OwnMessages(options.limits)
    this.#seen = new SeenLog(options.limits.maxPublishers)
  }

  get isOnline(): boolean {
    return this.#phase.is === 'online'
  }

  handle(input: ClientInput, nowMs: number): readonly ClientEffect[] {
    this.#nowMs = nowMs
    if (this.#phase.is !== 'stopped') this.#dispatch(input)
    else if (input.type === 'publish') this.#failed(input.ticket, false, 'the connection is closed')
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  nextDeadlineMs(): number | undefined {
    const phase = this.#phase
    switch (phase.is) {
      case 'pausing':
        return phase.untilMs
      case 'dialling':
      case 'logging-in':
        return phase.deadlineMs
      case 'online':
        return this.#paused ? undefined : Math.min(this.#nextPingMs(), this.#silenceDeadlineMs(), this.#ackDeadlineMs())
      case 'idle':
      case 'stopped':
        return undefined
    }
  }

  #dispatch(input: ClientInput): void {
    switch (input.type) {
      case 'start':
        this.#route.begin({})
        return this.#tryNext()
      case 'tick':
        return this.#tick()
      case 'connected':
        return this.#logIn()
      case 'connect-failed':
        return this.#connectFailed(input.info)
      case 'disconnected':
        return this.#lost('the server closed the connection')
      case 'command':
        return this.#command(input.value)
      case 'publish':
        return this.#publish(input)
      case 'reading':
        this.#paused = input.paused
        this.#heardMs = this.#nowMs
        this.#pingedMs = 0
        return
      case 'close':
        this.#closing = true
        return input.gracefully ? this.#stopIfDone() : this.#stop(undefined)
    }
  }

  // Finding a server

  #tryNext(): void {
    const next = this.#route.next()
    if ('pauseMs' in next) {
      this.#phase = { is: 'pausing', untilMs: this.#nowMs + next.pauseMs }
      return
    }
    this.#phase = {
      is: 'dialling',
      endpoint: next.endpoint,
      deadlineMs: this.#nowMs + this.#options.limits.connectWithinMs,
    }
    this.#effects.push({ type: 'dial', endpoint: next.endpoint })
  }

  #connectFailed(info: string): void {
    if (this.#phase.is !== 'dialling') return
    this.#report({ event: 'offline', server: this.#phase.endpoint, info })
    this.#tryNext()
  }

  #logIn(): void {
    if (this.#phase.is !== 'dialling') return
    const { username, secret, ackLevel, limits } = this.#options
    this.#phase = {
      is: 'logging-in',
      endpoint: this.#phase.endpoint,
      deadlineMs: this.#nowMs + limits.loginWithinMs,
    }
    this.#heardMs = this.#nowMs
    const session = this.#session
    this.#send({
      command: 'LOGIN',
      username,
      ...(secret === undefined ? {} : { secret }),
      features: ['ack', 'resume', 'servers'],
      ackLevel,
      ...(session === undefined
        ? {}
        : { resume: { session: session.token, publisher: session.publisher, lineage: this.#seen.lineage } }),
    })
  }

  #tick(): void {
    const phase = this.#phase
    const { limits } = this.#options
    if (phase.is === 'pausing' && this.#nowMs >= phase.untilMs) this.#tryNext()
    else if ((phase.is === 'dialling' || phase.is === 'logging-in') && this.#nowMs >= phase.deadlineMs)
      this.#leave('no answer')
    else if (phase.is === 'online' && !this.#paused) {
      if (this.#nowMs >= this.#silenceDeadlineMs()) this.#leave(`silent for ${limits.silenceLimitMs} ms`)
      else if (this.#nowMs >= this.#ackDeadlineMs())
        this.#leave(`no acknowledgement for ${limits.ackWaitMs} ms`)
      else if (this.#nowMs >= this.#nextPingMs()) {
        this.#pingedMs = this.#nowMs
        this.#send({ command: 'PING' })
      }
    }
  }

  #nextPingMs(): number {
    return Math.max(this.#heardMs, this.#pingedMs) + this.#options.limits.pingEveryMs
  }

  /** Silence counts from the first question that nobody answered: a client that slept must not blame the server. */
  #silenceDeadlineMs(): number {
    if (this.#pingedMs <= this.#heardMs) return Infinity
    const { pingEveryMs, silenceLimitMs } = this.#options.limits
    return Math.max(this.#heardMs + silenceLimitMs, this.#pingedMs + pingEveryMs / 2)
  }

  #ackDeadlineMs(): number {
    const sentMs = this.#own.oldestUnloggedSentMs()
    return sentMs === undefined ? Infinity : sentMs + this.#options.limits.ackWaitMs
  }

  /** Leaves the server for another one. */
  #leave(info: string, first?: Endpoint): void {
    this.#effects.push({ type: 'disconnect' })
    this.#lost(info, first)
  }

  #lost(info: string, first?: Endpoint): void {
    const phase = this.#phase
    if (phase.is !== 'dialling' && phase.is !== 'logging-in' && phase.is !== 'online') return
    this.#own.connectionLost()
    this.#report({ event: 'offline', server: phase.endpoint, info })
    // Only a search that follows success, or a hint, begins a new round: else a server that accepts and drops us would be tried in a tight loop.
    if (phase.is === 'online' || first !== undefined) this.#route.begin({ first, last: phase.endpoint })
    this.#tryNext()
  }

  // What the server says

  #command(value: unknown): void {
    if (this.#phase.is !== 'logging-in' && this.#phase.is !== 'online') return
    this.#heardMs = this.#nowMs
    const command = commandOf(value)
    if (command === undefined) return this.#leave('it does not speak the protocol')
    const { name, fields } = command
    switch (name) {
      case 'ACTIVITY_BROADCAST':
        return this.#broadcast(fields)
      case 'ACTIVITY_ACK':
        return this.#acknowledged(fields)
      case 'EPOCH':
        return this.#epoch(fields)
      case 'LOGIN_SUCCESS':
        return this.#welcomed(fields)
      case 'LOGIN_FAILED':
        return this.#loginFailed(infoOf(fields))
      case 'SERVERS':
        return this.#route.learned(endpointsOf(fields['servers']))
      case 'REDIRECT':
        return this.#redirected(fields)
      case 'GAP':
        return this.#gap(fields)
      case 'INVALID_MESSAGE':
      case 'AUTHENTICATION_FAIL':
      case 'REGISTER_FAILED':
        return this.#refused(name, infoOf(fields))
      default:
        return
    }
  }

  #welcomed(fields: Fields): void {
    if (this.#phase.is !== 'logging-in') return
    const welcome = welcomeOf(fields)
    if (welcome === undefined) return this.#leave('it does not offer the features ack and resume')
    const resumed = this.#session !== undefined
    if (this.#session?.publisher !== welcome.publisher) this.#beginSession(welcome)
    const toSend = this.#own.from(welcome.expect)
    if (toSend === undefined) return this.#serverIsBehind()
    this.#serversBehind = 0
    this.#seen.startAt(welcome.lineage)
    this.#route.learned(welcome.servers)
    this.#route.succeeded()
    this.#phase = { is: 'online', endpoint: this.#phase.endpoint, sinceMs: this.#nowMs }
    this.#report({ event: 'online', server: this.#phase.endpoint, resumed })
    this.#logged(welcome.expect - 1)
    for (const message of toSend) this.#sendOwn(message)
    this.#fillWindow()
    this.#stopIfDone()
  }

  #beginSession({ session, publisher }: { session: SessionToken; publisher: PublisherId }): void {
    this.#session = { token: session, publisher }
  }

  /** It waits for messages that we no longer keep: it lags far behind. Others may not. */
  #serverIsBehind(): void {
    if (++this.#serversBehind < maxServersBehind) return this.#leave('it lags too far behind')
    this.#serversBehind = 0
    this.#session = undefined
    this.#abandon('every server lags behind what was kept for it')
    this.#report({ event: 'warning', info: 'a new session begins: messages in between may have been missed' })
    this.#leave('a new session begins')
  }

  #broadcast(fields: Fields): void {
    const broadcast = broadcastOf(fields, this.#session?.publisher)
    if (broadcast === undefined) return this.#leave('a broadcast without its place')
    const { publisher, n, epoch, index } = broadcast
    const isNew = this.#seen.see(publisher, n, epoch, index)
    this.#refusals = 0
    this.#redirects = 0
    if (isNew) this.#effects.push({ type: 'deliver', broadcast })
    if (broadcast.own) this.#logged(n)
    if (++this.#unconfirmed >= this.#options.limits.confirmEvery) {
      this.#unconfirmed = 0
      this.#send({ command: 'DELIVERED', index })
    }
  }

  #acknowledged({ id, level }: Fields): void {
    if (!isCount(id)) return
    this.#refusals = 0
    if (level === 'logged' || level === 'everywhere') this.#logged(id)
    if (level === this.#options.ackLevel) this.#settle(id)
  }

  #epoch(fields: Fields): void {
    const place = epochOf(fields)
    if (place !== undefined) this.#seen.epochAt(place.epoch, place.index)
  }

  #gap({ from, to }: Fields): void {
    if (isCount(from) && isCount(to)) this.#report({ event: 'gap', from, to })
  }

  #loginFailed(info: string): void {
    if (info.startsWith(undecided)) this.#leave(info)
    else this.#stop({ kind: 'login-failed', info })
  }

  #redirected(fields: Fields): void {
    const to = endpointOf(fields)
    if (to === undefined) return this.#leave('a redirect to nowhere')
    this.#report({ event: 'redirected', to })
    // Servers that send us around and around are not followed for ever.
    this.#leave('it redirected us', ++this.#redirects <= maxRedirects ? to : undefined)
  }

  /** Once may be an accident of healing; again and again it is about us. */
  #refused(name: string, info: string): void {
    if (name === 'REGISTER_FAILED' || ++this.#refusals >= maxRefusals)
      this.#stop({ kind: 'refused', info: `${name}: ${info}` })
    else this.#leave(`${name}: ${info}`)
  }

  // What we say

  #publish({ ticket, activity }: Extract<ClientInput, { type: 'publish' }>): void {
    if (this.#closing) this.#failed(ticket, false, 'the connection is closing')
    else if (!this.#own.add({ ticket, activity }))
      this.#failed(ticket, false, 'too many messages wait already')
    else this.#fillWindow()
  }

  #fillWindow(): void {
    if (this.#phase.is !== 'online') return
    for (const message of this.#own.takeForWindow()) this.#sendOwn(message)
  }

  #sendOwn(message: OwnMessage): void {
    message.sentMs = this.#nowMs
    message.everSent = true
    this.#send({ command: 'ACTIVITY_MESSAGE', id: message.id, activity: message.activity })
  }

  #logged(id: number): void {
    this.#own.logged(id)
    const { ackLevel } = this.#options
    if (ackLevel === 'held' || ackLevel === 'logged') this.#settle(id)
    this.#fillWindow()
  }

  #settle(id: number): void {
    const level: AckLevel = this.#options.ackLevel
    for (const message of this.#own.settle(id))
      this.#effects.push({ type: 'settled', ticket: message.ticket, id: message.id, level })
    this.#stopIfDone()
  }

  #stopIfDone(): void {
    if (this.#closing && this.#own.isEmpty) this.#stop(undefined)
  }

  #stop(error: ClientStopError | undefined): void {
    if (this.#phase.is === 'stopped') return
    if (this.#phase.is === 'online' && error === undefined) this.#send({ command: 'LOGOUT' })
    if (this.#phase.is !== 'idle' && this.#phase.is !== 'pausing') this.#effects.push({ type: 'disconnect' })
    this.#phase = { is: 'stopped' }
    this.#abandon(error?.info ?? 'the connection was closed')
    this.#effects.push({ type: 'stop', error })
  }

  #abandon(info: string): void {
    const { sent, unsent } = this.#own.abandon()
    for (const { ticket } of sent) this.#failed(ticket, true, info)
    for (const { ticket } of unsent) this.#failed(ticket, false, info)
  }

  #failed(ticket: Ticket, mayHaveHappened: boolean, info: string): void {
    this.#effects.push({ type: 'failed', ticket, mayHaveHappened, info })
  }

  #send(command: Extract<ClientEffect, { type: 'send' }>['command']): void {
    this.#effects.push({ type: 'send', command })
  }

  #report(event: ClientEvent): void {
    this.#effects.push({ type: 'report', event })
  }
}
