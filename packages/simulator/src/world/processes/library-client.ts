/**
 * A client program that uses `@jwp/client`: the real core, with a shell of invented sockets around it. Without a name
 * or with one, which it registers first; then it takes its time with what it gets, so that what it has seen and what
 * it has handled differ. It may be one visit of a user who comes and goes: a new process, which gets what the last one
 * had not handled.
 */
import {
  ClientCore,
  defaultClientLimits,
  type ClientEffect,
  type ClientEvent,
  type ClientInput,
  type ClientStopError,
} from '@jwp/client/core'
import {
  anonymous,
  MachineDriver,
  positionAtEnd,
  type Endpoint,
  type LogIndex,
  type ServerCommand,
} from '@jwp/protocol'
import type { ConnectionEnd } from '../network/connection.js'
import type { Observers } from '../observers.js'
import type { WorldParts } from '../world-parts.js'
import { Account } from './account.js'
import { ClientProcess, type ClientProcessOptions } from './client-process.js'
import type { Delivery } from './delivery.js'
import { Handling } from './handling.js'
import { LineSocket } from './line-socket.js'
import { Registration } from './registration.js'

export class LibraryClient extends ClientProcess<Observers> {
  /** Undefined: anonymous. */
  readonly account: Account | undefined
  /** It confirms what it has had. */
  readonly isCareful = true
  /** What it has handled, and where that stood when it came. */
  readonly had: { readonly key: string; readonly index: LogIndex }[] = []
  /** What it has confirmed, and when, over all its connections. */
  readonly confirmed: { readonly index: LogIndex; readonly atMs: number }[] = []
  endedAtMs: number | undefined
  /** When it was last without a server that had let it in. */
  lostAtMs: number | undefined
  readonly #isVisit: boolean
  #registration: Registration | undefined
  #handling: Handling | undefined
  #isBeingWelcomed = false
  #isPassingOver = false
  #core: ClientCore | undefined
  #settled = 0
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  #driver: MachineDriver<ClientInput, ClientEffect> | undefined

  /**
   * @param account of the user whose visit this is. Default: the name in the options, if any, which no other client
   * has.
   */
  constructor(parts: WorldParts, options: ClientProcessOptions, account?: Account) {
    super(parts, options)
    this.#isVisit = account !== undefined
    this.account = account ?? (options.username === undefined ? undefined : new Account(options.username))
  }

  get secret(): string | undefined {
    return this.account?.secret
  }

  /** The connected users, as the server sent them; undefined: the list was too long, or it did not ask. */
  get online(): ReadonlySet<string> | undefined {
    const core = this.#core
    return !this.#isVisit || core === undefined || core.onlineMore ? undefined : core.online
  }

  override get unacknowledged(): number {
    return this.published - this.#settled
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  /** Logs out in order, if it is logged in; else it is as if it were killed. */
  logOut(): void {
    if (this.isLoggedIn) this.#handle({ type: 'close', gracefully: true })
    this.crash()
  }

  override crash(): void {
    this.endedAtMs ??= this.parts.queue.nowMs
    super.crash()
  }

  protected override begin(): void {
    if (this.account === undefined || this.account.state === 'owned') return this.#run()
    this.#register(this.account)
  }

  #register(account: Account): void {
    const servers = (): readonly string[] => this.options.servers
    this.#registration = new Registration(this.parts, this.host, account, servers, () => {
      this.#registration = undefined
      if (!this.#isVisit) this.parts.observers.accountOwned(this)
      this.#run()
    })
  }

  #run(): void {
    const { servers, ackLevel } = this.options
    const seeds = servers.map((text): Endpoint => {
      const colon = text.lastIndexOf(':')
      return { hostname: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
    })
    const seed = this.parts.random.below(2 ** 32)
    this.#core = new ClientCore({
      seeds,
      username: this.account?.username ?? anonymous,
      secret: this.account?.secret,
      ackLevel,
      presence: this.#isVisit,
      holder: `holder ${seed}`,
      seed,
      limits: defaultClientLimits,
    })
    const core = this.#core
    this.#driver = this.#driverOf(core)
    this.#handling =
      this.account === undefined ? undefined : new Handling(this.parts, (what) => this.#handled(core, what))
    this.#handle({ type: 'start' })
  }

  override stopReading(): () => void {
    const goOn = super.stopReading()
    this.#handle({ type: 'reading', paused: true })
    return () => {
      this.#handle({ type: 'reading', paused: false })
      goOn()
    }
  }

  protected override end(): void {
    this.#registration?.crash()
    this.#core = undefined
    this.#driver?.stop()
    this.#driver = undefined
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  protected override say(n: number, text: string): void {
    this.#handle({ type: 'publish', ticket: n, activity: { text } })
  }

  #handle(input: ClientInput): void {
    this.#driver?.handle(input)
  }

  #driverOf(core: ClientCore): MachineDriver<ClientInput, ClientEffect> {
    const { queue } = this.parts
    const driver = new MachineDriver<ClientInput, ClientEffect>(core, {
      clock: {
        nowMs: () => Math.floor(queue.nowMs),
        at: (atMs, call) => queue.cancellableAt(atMs, call),
      },
      alarms: 'anew',
      execute: (effects) => {
        for (const effect of effects) this.#execute(effect)
        this.#socket?.flush()
      },
      due: () => {
        driver.handle({ type: 'tick' })
      },
    })
    return driver
  }

  #execute(effect: ClientEffect): void {
    switch (effect.type) {
      case 'dial':
        return this.#dial(`${effect.endpoint.hostname}:${effect.endpoint.port}`)
      case 'send':
        this.#socket?.writeLine(JSON.stringify(effect.command))
        if (effect.command.command === 'DELIVERED')
          this.confirmed.push({ index: effect.command.index, atMs: this.parts.queue.nowMs })
        return
      case 'disconnect':
        this.#cancelDialling?.()
        this.#cancelDialling = undefined
        this.#socket?.close()
        this.#socket = undefined
        this.#isAway()
        return
      case 'pause':
        this.#socket?.pause()
        return
      case 'resume':
        this.#socket?.resume()
        return
      case 'deliver': {
        const { activity, publisher, n, epoch, index, timestamp } = effect.broadcast
        const text = typeof activity['text'] === 'string' ? activity['text'] : ''
        const delivery = { publisher, n, epoch, index, timestamp, text }
        this.delivered(delivery)
        if (this.#handling !== undefined) return this.#handling.begin(delivery)
        return this.#handle({ type: 'handled', epoch, index })
      }
      case 'settled':
        if (effect.id !== effect.ticket) this.complain(`message ${effect.ticket} was numbered ${effect.id}`)
        this.#settled++
        this.parts.observers.clientAcknowledged(this, effect.id)
        return
      case 'failed':
        // Its account is lost; whether it may be is judged elsewhere.
        if (this.account !== undefined && effect.info === `${this.account.username} is not registered`) return
        if (this.isShared && effect.info === 'this session was taken over') return
        return this.complain(`message ${effect.ticket} failed: ${effect.info}`)
      case 'report':
        // What was not kept for a user who was away is in the answer to its login; that is judged where backlogs are.
        if (effect.event.event === 'gap' && this.#isBeingWelcomed) return
        if (this.#isPassingOver) return this.#passedOver(effect.event)
        if (effect.event.event === 'gap') this.missed(effect.event.from, effect.event.to)
        else if (effect.event.event === 'warning') this.complain(JSON.stringify(effect.event))
        return
      case 'stop':
        return this.#stopped(effect.error)
    }
  }

  #handled(core: ClientCore, { publisher, n, epoch, index }: Delivery): void {
    if (core !== this.#core) return
    this.had.push({ key: `${publisher}:${n}`, index })
    this.#handle({ type: 'handled', epoch, index })
  }

  #stopped(error: ClientStopError | undefined): void {
    if (error === undefined) return
    if (error.kind === 'taken-over' && this.isShared) return this.crash()
    const { account } = this
    // The user had registered the name in two trees, and the registration of this login has lost. The name still
    // belongs to the user.
    const hasLost = account !== undefined && error.info.startsWith(`REGISTER_FAILED: ${account.username} `)
    if (account === undefined || (error.kind !== 'login-failed' && !hasLost))
      return this.complain(`the library gave up: ${error.info}`)
    // The name was registered where no server survived, or this server has not heard of it yet.
    if (error.info.includes('not registered')) account.state = 'wanted'
    if (this.publisher !== undefined) {
      this.parts.observers.accountLost(this, error.info)
      return this.crash()
    }
    this.#core = undefined
    this.#driver?.stop()
    this.#driver = undefined
    this.#register(account)
  }

  #isAway(): void {
    if (this.isLoggedIn) this.lostAtMs = this.parts.queue.nowMs
    this.endpoint = undefined
  }

  #dial(endpoint: string): void {
    let isCurrent = true
    const cancel = this.parts.network.dial(this.host, endpoint, 'client', {
      opened: (connection): ConnectionEnd => {
        const socket: LineSocket = new LineSocket(connection, 'dialler', this.parts.platform, {
          line: (text) => {
            if (this.#socket !== socket) return
            if (this.#isTooLong(text)) this.#cannotTake(text)
            else this.#heard(JSON.parse(text) as ServerCommand, endpoint)
          },
          closed: () => {
            if (this.#socket !== socket) return
            this.#socket = undefined
            this.#isAway()
            this.#handle({ type: 'disconnected' })
          },
        })
        this.#socket = socket
        this.#cancelDialling = undefined
        this.#handle({ type: 'connected' })
        return socket
      },
      failed: (_why, info) => {
        if (!isCurrent) return
        this.#cancelDialling = undefined
        this.#handle({ type: 'connect-failed', info })
      },
    })
    this.#cancelDialling = () => {
      isCurrent = false
      cancel()
    }
  }

  /** Lists of servers grow with the world and are always taken; lines of activities only up to the limit. */
  #isTooLong(text: string): boolean {
    const { mostLineBytes = Infinity } = this.options
    return text.length > mostLineBytes && text.startsWith('{"command":"ACTIVITY_BROADCAST"')
  }

  /** As the real shell: of a line that is too long its end is kept, which tells the place. */
  #cannotTake(text: string): void {
    const place = positionAtEnd(text)
    if (place !== undefined) this.parts.observers.clientCannotTake(this, place)
    this.#isPassingOver = true
    this.#handle({ type: 'unreadable', place, info: 'too long' })
    this.#isPassingOver = false
    if (this.isLoggedIn && place !== undefined) this.position = place.index
  }

  #passedOver(event: ClientEvent): void {
    if (event.event === 'gap') this.parts.observers.clientPassedOver(this, event.from, event.missed)
    else if (event.event !== 'warning') this.complain(`${event.event}, at a line that it cannot take`)
  }

  /** The shell looks on, for the checkers: where we are, and who. */
  #heard(command: ServerCommand, endpoint: string): void {
    if (command.command === 'LOGIN_SUCCESS') this.#loggedIn(command, endpoint)
    if (command.command === 'EPOCH') this.position = command.index
    if (command.command === 'GAP') this.position = command.to
    if (command.command === 'ACTIVITY_BROADCAST') this.position = command.index ?? this.position
    this.#isBeingWelcomed = command.command === 'LOGIN_SUCCESS'
    this.#handle({ type: 'command', value: command })
    this.#isBeingWelcomed = false
  }

  #loggedIn(
    { publisher, session, at }: Extract<ServerCommand, { command: 'LOGIN_SUCCESS' }>,
    endpoint: string,
  ): void {
    if (this.account === undefined) this.session = session
    if (this.publisher !== undefined && this.publisher !== publisher)
      this.complain('the session was not resumed')
    this.publisher = publisher
    this.position = at ?? 0
    this.endpoint = endpoint
    this.parts.observers.clientLoggedIn(this)
  }
}
