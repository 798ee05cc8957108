/**
 * A client that survives its servers. It publishes under its own numbers, remembers what it has seen of the log, and
 * continues at another server where it stopped: nothing is published twice, nothing is handed out twice, nothing is
 * missed.
 */
import {
  ackLevels,
  anonymous,
  highestInCommon,
  noVersionInCommon,
  clientProtocolVersions,
  Random,
  type AckLevel,
  type ClientCommand,
  type Epoch,
  type LinePosition,
  type LogIndex,
  type Machine,
} from '@jwp/protocol'
import { copyActivity } from './activity-copy.js'
import { ReadFlow } from './read-flow.js'
import { ConnectLimits } from './connect-limits.js'
import { Confirmations } from './confirmations.js'
import type { ClientEffect, ClientEvent, ClientStopError } from './effects.js'
import { Handled } from './handled.js'
import type { ClientInput, Ticket } from './inputs.js'
import { OnlineUsers } from './online-users.js'
import type { ClientOptions } from './options.js'
import { OwnMessages, type Abandoned } from './own-messages.js'
import { RetryBudget } from './retry-budget.js'
import { isStable, type Phase } from './phase.js'
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
  lineageOf,
  linePositionOf,
  onlineListOf,
  presenceOf,
  welcomeOf,
  type Fields,
  type OnlineList,
} from './server-lines.js'
import { loginCommand, type Session } from './session.js'
import { Liveness } from './liveness.js'

/** Words of a server that could not decide: worth another try elsewhere. */
const undecided = 'not decided'
/** Another program continues this session. To take it back would begin a fight. */
const takenOver = 'this session was taken over'

export class ClientCore implements Machine<ClientInput, ClientEffect> {
  readonly #options: ClientOptions
  readonly #route: Route
  readonly #connectLimits: ConnectLimits
  readonly #own: OwnMessages
  readonly #seen: SeenLog
  readonly #handled: Handled
  readonly #confirmations: Confirmations
  readonly #online = new OnlineUsers()
  readonly #liveness: Liveness
  #effects: ClientEffect[] = []
  #nowMs = 0
  #promisedMs: number | undefined
  #phase: Phase = { is: 'idle' }
  #session: Session | undefined
  #closing = false
  readonly #readFlow = new ReadFlow()
  /** Length of the line that is being handled. */
  #lineBytes = 0
  readonly #retryBudget = new RetryBudget()

  constructor(options: ClientOptions) {
    this.#options = options
    this.#route = new Route(options.seeds, options.limits, new Random(options.seed))
    this.#connectLimits = new ConnectLimits(options.limits)
    this.#own = new OwnMessages(options.limits)
    this.#seen = new SeenLog(options.limits.maxPublishers)
    this.#handled = new Handled(this.#seen)
    this.#confirmations = new Confirmations(options.limits, options.username !== anonymous)
    this.#liveness = new Liveness(options.limits)
  }

  get isOnline(): boolean {
    return this.#phase.is === 'online'
  }

  /** Users that are connected, as far as the servers have said. */
  get online(): ReadonlySet<string> {
    return this.#online.names
  }

  /** There are more than that. */
  get onlineMore(): boolean {
    return this.#online.isCut
  }

  handle(input: ClientInput, nowMs: number): readonly ClientEffect[] {
    this.#nowMs = nowMs
    this.#liveness.wake(this.#promisedMs, nowMs)
    if (this.#phase.is !== 'stopped') this.#dispatch(input)
    else if (input.type === 'publish') this.#failed(input.ticket, false, 'the connection is closed')
    this.#adjustReading()
    this.#promisedMs = this.nextDeadlineMs()
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
      case 'online': {
        const deadlineMs = Math.min(this.#liveness.nextDeadlineMs(), this.#confirmations.nextDeadlineMs())
        return deadlineMs === Infinity ? undefined : deadlineMs
      }
      case 'idle':
      case 'stopped':
        return undefined
    }
  }

  #dispatch(input: ClientInput): void {
    switch (input.type) {
      case 'start':
        if (this.#phase.is === 'idle') this.#tryNext()
        return
      case 'tick':
        return this.#tick()
      case 'connected':
        return this.#logIn()
      case 'connect-failed':
        return this.#connectFailed(input.info)
      case 'disconnected':
        return this.#lost('the server closed the connection')
      case 'command':
        this.#lineBytes = input.bytes ?? 0
        return this.#command(input.value)
      case 'unreadable':
        return this.#unreadable(input)
      case 'publish':
        return this.#publish(input)
      case 'give-up':
        return this.#giveUp(input.ticket, input.info)
      case 'handled':
        this.#handled.done(input)
        return this.#confirmIfDue()
      case 'reading':
        return this.#reading(input.paused)
      case 'close':
        this.#closing = true
        return input.gracefully ? this.#stopIfDone() : this.#stop(undefined)
    }
  }

  #tryNext(): void {
    const next = this.#route.next()
    if ('pauseMs' in next) {
      this.#phase = { is: 'pausing', untilMs: this.#nowMs + next.pauseMs }
      return
    }
    const { endpoint } = next
    this.#phase = {
      is: 'dialling',
      endpoint,
      sinceMs: this.#nowMs,
      deadlineMs: this.#nowMs + this.#connectLimits.of(endpoint),
    }
    this.#effects.push({ type: 'dial', endpoint })
  }

  #connectFailed(info: string): void {
    if (this.#phase.is !== 'dialling') return
    this.#connectLimits.answered(this.#phase.endpoint, this.#nowMs - this.#phase.sinceMs)
    this.#lost(info)
  }

  #logIn(): void {
    if (this.#phase.is !== 'dialling') return
    this.#connectLimits.answered(this.#phase.endpoint, this.#nowMs - this.#phase.sinceMs)
    this.#phase = {
      is: 'logging-in',
      endpoint: this.#phase.endpoint,
      deadlineMs: this.#nowMs + this.#options.limits.loginWithinMs,
    }
    this.#send(loginCommand(this.#options, this.#session, this.#seen.lineage))
  }

  #tick(): void {
    const phase = this.#phase
    if (phase.is === 'pausing' && this.#nowMs >= phase.untilMs) this.#tryNext()
    else if ((phase.is === 'dialling' || phase.is === 'logging-in') && this.#nowMs >= phase.deadlineMs) {
      if (phase.is === 'dialling') this.#connectLimits.ranOut(phase.endpoint)
      this.#leave('no answer')
    } else if (phase.is === 'online') {
      this.#confirmIfDue()
      const verdict = this.#liveness.verdict(this.#nowMs)
      if (verdict?.is === 'ping') this.#send({ command: 'PING' })
      else if (verdict?.is === 'leave') this.#leave(verdict.why)
    }
  }

  /** Leaves the server for another one. */
  #leave(info: string): void {
    this.#effects.push({ type: 'disconnect' })
    this.#lost(info)
  }

  #lost(info: string): void {
    const phase = this.#phase
    if (phase.is !== 'dialling' && phase.is !== 'logging-in' && phase.is !== 'online') return
    this.#report({ event: 'offline', server: phase.endpoint, info })
    this.#moveOn()
  }

  /** This server is ours no more: on to the next one. */
  #moveOn(): void {
    const phase = this.#phase
    if (phase.is !== 'dialling' && phase.is !== 'logging-in' && phase.is !== 'online') return
    this.#readFlow.begin()
    this.#liveness.resume(this.#nowMs)
    this.#route.lost(phase.endpoint, isStable(phase, this.#nowMs))
    this.#tryNext()
  }

  #command(value: unknown): void {
    if (this.#phase.is !== 'logging-in' && this.#phase.is !== 'online') return
    this.#liveness.heard(this.#nowMs)
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
      case 'PRESENCE':
        return this.#options.presence ? this.#presence(fields) : undefined
      case 'ONLINE':
        return this.#listed(onlineListOf(fields))
      case 'PING':
        return this.#pong(fields)
      case 'LOGIN_SUCCESS':
        return this.#welcomed(fields)
      case 'LOGIN_FAILED':
        return this.#loginFailed(infoOf(fields))
      case 'SERVERS':
        return this.#route.learned(endpointsOf(fields['servers']), this.#phase.endpoint)
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
    const phase = this.#phase
    const welcome = welcomeOf(fields)
    if (welcome === undefined) return this.#leave('it does not offer the features ack and resume')
    if (phase.is !== 'logging-in') return
    const { version } = welcome
    if (version === undefined || highestInCommon(clientProtocolVersions, version) === undefined) {
      const info = noVersionInCommon('this client', clientProtocolVersions, 'the server', version)
      return this.#stop({ kind: 'login-failed', info })
    }
    const resumed = this.#session !== undefined
    this.#session ??= { token: welcome.session, publisher: welcome.publisher }
    // A new session in the middle of it all: only a login that resumes makes the server go on where we were.
    if (!resumed && this.#seen.hasBegun) return this.#comeBack('the new session begins')
    if (!this.#own.canResumeAt(welcome.expect)) return this.#serverIsBehind()
    this.#retryBudget.serverIsUpToDate()
    this.#seen.startAt(welcome.lineage)
    this.#handled.cutTo(this.#seen.end)
    // A client that resumes has shown what it has seen. Only the client knows what it has handled of that.
    this.#confirmations.begin(resumed ? 0 : this.#handled.end)
    this.#route.learned(welcome.servers, phase.endpoint)
    this.#phase = { is: 'online', endpoint: phase.endpoint, sinceMs: this.#nowMs }
    this.#liveness.begin(this.#nowMs)
    // What was kept for us while we were away was not kept long enough.
    if (welcome.missed > 0) this.#report({ event: 'gap', from: 1, to: welcome.at, missed: welcome.missed })
    this.#report({ event: 'online', server: phase.endpoint, resumed })
    this.#listed(welcome.online)
    if (resumed && this.#options.username !== anonymous) this.#confirm()
    this.#own.resumeAt(welcome.expect)
    this.#reached('logged', welcome.expect - 1)
    this.#fillWindow()
    this.#stopIfDone()
  }

  /** It wants to know whether we are still there. */
  #pong({ nonce }: Fields): void {
    this.#send({ command: 'PONG', ...(typeof nonce === 'number' ? { nonce } : {}) })
  }

  /** Leaves, and returns at once to go on where we were. */
  #comeBack(why: string): void {
    if ('endpoint' in this.#phase) this.#route.prefer(this.#phase.endpoint)
    this.#leave(why)
  }

  /** It waits for messages that we no longer keep: it lags far behind. Others may not. */
  #serverIsBehind(): void {
    if (this.#retryBudget.spendOnLag()) return this.#leave('it lags too far behind')
    this.#session = undefined
    this.#fail({ ...this.#own.renumber(), unsent: [] }, 'every server lags behind what was kept for it')
    this.#report({
      event: 'warning',
      info: 'the network has lost what this session sent: a new session begins',
    })
    this.#comeBack('a new session is needed')
  }

  #broadcast(fields: Fields): void {
    if (this.#phase.is !== 'online') return
    const broadcast = broadcastOf(fields, this.#session?.publisher)
    if (broadcast === undefined) {
      const place = linePositionOf(fields)
      return place === undefined
        ? this.#leave('a broadcast without its place')
        : this.#passOver(place, 'it has no activity object')
    }
    const { publisher, n, epoch, index, own } = broadcast
    if (this.#readFlow.isFull) this.#readFlow.skip()
    else {
      this.#arrivedAt({ epoch, index })
      if (this.#seen.isNew(publisher, n)) {
        this.#handled.handedOut(broadcast)
        this.#effects.push({ type: 'deliver', broadcast, bytes: this.#lineBytes })
      } else this.#confirmIfDue()
    }
    if (own) this.#reached('logged', n)
  }

  #unreadable({ place, info }: Extract<ClientInput, { type: 'unreadable' }>): void {
    if (this.#phase.is !== 'logging-in' && this.#phase.is !== 'online') return
    this.#liveness.heard(this.#nowMs)
    if (place === undefined) return this.#leave('it does not speak the protocol')
    if (this.#phase.is === 'online') this.#passOver(place, info)
  }

  /** An activity that we cannot take. Any server would give it to us again: it is missed, once, and counts as seen. */
  #passOver(place: LinePosition, info: string): void {
    const { publisher, n, index } = place
    if (this.#readFlow.isFull) this.#readFlow.skip()
    else {
      this.#arrivedAt(place)
      if (this.#seen.isNew(publisher, n) && !this.#readFlow.hasSkipped) {
        this.#report({ event: 'warning', info: `the activity at ${index} cannot be read: ${info}` })
        this.#report({ event: 'gap', from: index, to: index, missed: 1 })
      }
      this.#confirmIfDue()
    }
    if (publisher === this.#session?.publisher) this.#reached('logged', n)
  }

  #confirmIfDue(): void {
    if (this.#phase.is === 'online' && this.#confirmations.isDue(this.#handled.end, this.#nowMs))
      this.#confirm()
  }

  #confirm(): void {
    const index = this.#handled.end
    if (!this.#confirmations.isBehind(index)) return
    this.#confirmations.told(index)
    const epoch = this.#seen.epochAt(index)
    this.#send({ command: 'DELIVERED', index, ...(epoch === undefined ? {} : { epoch }) })
  }

  #acknowledged({ id, level }: Fields): void {
    const known = ackLevels.find((name) => name === level)
    if (isCount(id) && known !== undefined) this.#reached(known, id)
  }

  #epoch(fields: Fields): void {
    const place = epochOf(fields)
    if (place === undefined) return this.#leave('an epoch without its place')
    this.#arrivedAt(place)
  }

  #arrivedAt({ epoch, index }: { epoch: Epoch; index: LogIndex }): void {
    if (this.#readFlow.hasSkipped) return
    if (index <= this.#seen.end) {
      this.#handled.cutTo(index - 1)
      this.#confirmations.cutTo(index - 1)
    }
    this.#seen.reached(epoch, index)
  }

  #presence(fields: Fields): void {
    const line = presenceOf(fields)
    if (line === undefined) return this.#leave('a presence without its place')
    this.#arrivedAt(line)
    const { username, online, timestamp } = line
    if (this.#online.change(username, online))
      this.#report({ event: 'presence', username, online, timestamp })
  }

  /** The connected users, all of them as far as there was room. */
  #listed(list: OnlineList | undefined): void {
    if (list === undefined || !this.#options.presence) return
    for (const [username, online] of this.#online.replace(list))
      this.#report({ event: 'presence', username, online, timestamp: undefined })
  }

  #gap({ from, to, missed, lineage }: Fields): void {
    const standing = lineageOf(lineage)
    if (!isCount(from) || !isCount(to) || !isCount(missed) || standing === undefined)
      return this.#leave('a gap without its place')
    if (this.#readFlow.hasSkipped) return
    this.#seen.startAt(standing)
    // Places that hold nothing for us are passed over in silence.
    if (missed > 0) this.#report({ event: 'gap', from, to, missed })
  }

  #loginFailed(info: string): void {
    if (info.startsWith(undecided)) this.#leave(info)
    else this.#stop({ kind: 'login-failed', info })
  }

  #redirected(fields: Fields): void {
    const phase = this.#phase
    const to = endpointOf(fields)
    if (to === undefined) return this.#leave('a redirect to nowhere')
    this.#report({ event: 'redirected', to })
    if (!this.#retryBudget.spendOnRedirect(isStable(phase, this.#nowMs)))
      return this.#leave('it redirected us')
    this.#route.prefer(to)
    this.#effects.push({ type: 'disconnect' })
    this.#moveOn()
  }

  /** Once may be an accident of healing; again and again, with nothing logged between, it is about us. */
  #refused(name: string, info: string): void {
    if (info === takenOver) this.#stop({ kind: 'taken-over', info })
    else if (name === 'REGISTER_FAILED' || !this.#retryBudget.spendOnRefusal())
      this.#stop({ kind: 'refused', info: `${name}: ${info}` })
    else this.#leave(`${name}: ${info}`)
  }

  #publish({ ticket, activity }: Extract<ClientInput, { type: 'publish' }>): void {
    const copy = copyActivity(activity)
    if (this.#closing) this.#failed(ticket, false, 'the connection is closing')
    else if (!copy.ok) this.#failed(ticket, false, copy.info)
    else if (!this.#own.add({ ticket, activity: copy.activity, bytes: copy.bytes }))
      this.#failed(ticket, false, 'too many messages wait already')
    else this.#fillWindow()
  }

  /** The caller has waited long enough for this message. What was sent already may still arrive. */
  #giveUp(ticket: Ticket, info: string): void {
    const fate = this.#own.withdraw(ticket)
    if (fate !== undefined) this.#failed(ticket, fate === 'sent', info)
    this.#stopIfDone()
  }

  #fillWindow(): void {
    if (this.#phase.is !== 'online') return
    for (const { id, activity } of this.#own.takeForWindow()) {
      this.#send({ command: 'ACTIVITY_MESSAGE', id, activity })
      this.#liveness.sent(this.#nowMs)
    }
  }

  /** All our messages up to `id` have reached this level, and so the lower ones. */
  #reached(level: AckLevel, id: number): void {
    if (level !== 'held' && this.#own.logged(id)) {
      this.#retryBudget.somethingWasLogged()
      this.#liveness.progressed(this.#own.isInFlight, this.#nowMs)
    }
    if (ackLevels.indexOf(level) >= ackLevels.indexOf(this.#options.ackLevel))
      for (const settlement of this.#own.settle(id, level))
        this.#effects.push({ type: 'settled', ...settlement })
    this.#fillWindow()
    this.#stopIfDone()
  }

  #reading(paused: boolean): void {
    this.#readFlow.isFull = paused
    if (!paused && this.#readFlow.hasSkipped)
      this.#comeBack('reconnecting to fetch activities that did not fit into the queue')
  }

  #adjustReading(): void {
    if (this.#phase.is !== 'online') return
    const change = this.#readFlow.adjust(!this.#own.isSettled)
    if (change === undefined) return
    if (change === 'pause') this.#liveness.pause(this.#nowMs)
    else this.#liveness.resume(this.#nowMs)
    this.#effects.push({ type: change })
  }

  #stopIfDone(): void {
    if (this.#closing && this.#own.isSettled) this.#stop(undefined)
  }

  #stop(error: ClientStopError | undefined): void {
    const { is } = this.#phase
    if (is === 'stopped') return
    if (is === 'online' && error === undefined) {
      // What we had need not be kept for our next login.
      this.#confirm()
      this.#send({ command: 'LOGOUT' })
    }
    if (is !== 'idle' && is !== 'pausing') this.#effects.push({ type: 'disconnect' })
    this.#phase = { is: 'stopped' }
    this.#fail(this.#own.abandon(), error?.info ?? 'the connection was closed')
    this.#effects.push({ type: 'stop', error })
  }

  #fail({ sent, unsent }: Abandoned, info: string): void {
    for (const { ticket } of sent) this.#failed(ticket, true, info)
    for (const { ticket } of unsent) this.#failed(ticket, false, info)
  }

  #failed(ticket: Ticket, mayHaveHappened: boolean, info: string): void {
    this.#effects.push({ type: 'failed', ticket, mayHaveHappened, info })
  }

  #send(command: ClientCommand): void {
    if (this.#phase.is !== 'stopped') this.#effects.push({ type: 'send', command })
  }

  #report(event: ClientEvent): void {
    this.#effects.push({ type: 'report', event })
  }
}
