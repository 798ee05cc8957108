/**
 * One visit of a named user: a fresh process that knows nothing of earlier ones. `plain` speaks the old protocol;
 * `careful` asks for log positions and presence, and confirms what it has received. Neither remembers a session: after
 * a login it gets the backlog that the network holds for the user.
 */
import type { Epoch, LogIndex, PublisherId, ServerCommand } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { Observers } from '../observers.js'
import type { WorldParts } from '../world-parts.js'
import type { Account } from './account.js'
import { ClientProcess, type ClientProcessOptions } from './client-process.js'
import { LineSocket } from './line-socket.js'

const retryMs = 150
/** Broadcasts between two confirmations. */
const confirmEvery = 4
const pingEveryMs = 1_000
const silenceLimitMs = 2_500

type Heard<Name extends ServerCommand['command']> = Extract<ServerCommand, { command: Name }>

export interface Had {
  readonly key: string
  readonly index: LogIndex
}

export class VisitClient extends ClientProcess<Observers> {
  readonly account: Account
  readonly isCareful: boolean
  /** Careful: everything that it has got, and where that stood then, over all its connections. */
  readonly had: Had[] = []
  /** Plain: the texts of all that it has read. */
  readonly read: string[] = []
  /** Careful: what it has confirmed, and when, over all its connections. */
  readonly confirmed: { readonly index: LogIndex; readonly atMs: number }[] = []
  /** Careful: who is connected, as it was told since its last login; undefined: the list was too long. */
  online: Set<string> | undefined
  /** It ended in order, without waiting for what was on its way to it. */
  hasLoggedOut = false
  endedAtMs: number | undefined
  /** When it was last without a server that had let it in. */
  lostAtMs: number | undefined
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  #attempt = 0
  #life = 0
  #heardMs = 0
  #redirect: string | undefined
  /** Of the entry at `position`: a place says nothing without it. */
  #epoch: Epoch | undefined
  #unconfirmed = 0
  /** Since its last login: the highest number of each, and whether the log was cut under it. */
  #highest = new Map<PublisherId, number>()
  #wasCut = false
  #presenceAt: LogIndex = 0

  constructor(parts: WorldParts, options: ClientProcessOptions, account: Account, isCareful: boolean) {
    super(parts, options)
    this.account = account
    this.isCareful = isCareful
  }

  override get unacknowledged(): number {
    return 0
  }

  override whyWaiting(visible: LogIndex): string | undefined {
    if (!this.isLoggedIn) return 'is not logged in'
    return this.isCareful && this.position < visible ? `has got ${this.position} of ${visible}` : undefined
  }

  /** Logs out in order, if it is logged in; else it is as if it were killed. */
  logOut(): void {
    if (!this.isLoggedIn) return this.crash()
    if (this.isCareful && this.#unconfirmed > 0) this.#confirm()
    this.hasLoggedOut = true
    this.#say({ command: 'LOGOUT' })
    this.#socket?.close()
    this.#socket = undefined
    this.crash()
  }

  override crash(): void {
    this.endedAtMs ??= this.parts.queue.nowMs
    super.crash()
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  protected override begin(): void {
    this.#connect()
  }

  protected override end(): void {
    this.#life++
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  protected override say(): void {
    // Users only listen: other clients publish enough.
  }

  #connect(): void {
    const { servers } = this.options
    const endpoint = this.#redirect ?? servers[this.#attempt++ % servers.length]!
    this.#redirect = undefined
    const life = ++this.#life
    this.#cancelDialling = this.parts.network.dial(this.host, endpoint, 'client', {
      opened: (connection) => this.#opened(connection, endpoint, life),
      failed: () => this.#connectLater(life),
    })
  }

  #connectLater(life: number): void {
    if (life !== this.#life) return
    this.#life++
    this.#socket = undefined
    if (this.isLoggedIn) this.lostAtMs = this.parts.queue.nowMs
    this.endpoint = undefined
    this.parts.queue.after(this.parts.random.between(0.5, 1.5) * retryMs, () => {
      if (this.isAlive && this.#socket === undefined) this.#connect()
    })
  }

  #opened(connection: Connection, endpoint: string, life: number): ConnectionEnd {
    const socket = new LineSocket(connection, 'dialler', this.parts.platform, {
      line: (text) => {
        if (life === this.#life) this.#heard(JSON.parse(text) as ServerCommand, endpoint)
      },
      closed: () => {
        if (life !== this.#life) return
        if (this.account.state === 'wanted') this.account.state = 'asked'
        this.#connectLater(life)
      },
    })
    this.#socket = socket
    this.#heardMs = this.parts.queue.nowMs
    if (this.account.state === 'owned') this.#logIn()
    else this.#say({ command: 'REGISTER', ...this.#credentials() })
    if (this.isCareful) this.#watch(life)
    return socket
  }

  /** Leaves a server that has fallen silent. A plain program cannot send PING. */
  #watch(life: number): void {
    this.parts.queue.after(pingEveryMs, () => {
      if (life !== this.#life || !this.isAlive) return
      if (this.isLoggedIn && this.parts.queue.nowMs - this.#heardMs > silenceLimitMs) {
        this.#socket?.close()
        return this.#connectLater(life)
      }
      if (this.isLoggedIn) this.#say({ command: 'PING' })
      this.#watch(life)
    })
  }

  #logIn(): void {
    const features = this.isCareful ? { features: ['resume', 'presence'], holder: this.options.name } : {}
    this.#say({ command: 'LOGIN', ...this.#credentials(), ...features })
  }

  #credentials(): { username: string; secret: string } {
    const { username, secret } = this.account
    return { username, secret }
  }

  #heard(message: ServerCommand, endpoint: string): void {
    this.#heardMs = this.parts.queue.nowMs
    switch (message.command) {
      case 'PING':
        return this.#say({ command: 'PONG' })
      case 'REGISTER_SUCCESS':
        this.account.state = 'owned'
        return this.#logIn()
      case 'LOGIN_SUCCESS':
        return this.#loggedIn(message, endpoint)
      case 'ACTIVITY_BROADCAST':
        if (this.isCareful) return this.#received(message)
        this.read.push(String(message.activity['text']))
        return
      case 'EPOCH':
        if (message.index <= this.position) this.#wasCut = true
        this.#presenceAt = Math.min(this.#presenceAt, message.index)
        this.position = message.index
        this.#epoch = message.epoch
        return
      case 'GAP':
        this.position = message.to
        this.#epoch = message.lineage.at(-1)?.[0]
        return
      case 'ONLINE':
        // The list as it is now, wherever this client stands in the log: no earlier change will follow.
        this.online = message.onlineMore === true ? undefined : new Set(message.online)
        return
      case 'PRESENCE':
        return this.#toldOf(message)
      case 'PONG':
        return
      case 'REDIRECT':
        this.#redirect = `${message.hostname}:${message.port}`
        this.#socket?.close()
        return this.#connectLater(this.#life)
      case 'REGISTER_FAILED':
      case 'LOGIN_FAILED':
        return this.#denied(message)
      case 'INVALID_MESSAGE':
        if (message.info.startsWith('missed ')) return
        return this.complain(JSON.stringify(message))
      default:
        return this.complain(JSON.stringify(message))
    }
  }

  #loggedIn({ at, lineage, online, onlineMore }: Heard<'LOGIN_SUCCESS'>, endpoint: string): void {
    if (this.isCareful && (at === undefined || online === undefined))
      return this.complain('LOGIN_SUCCESS lacks what was asked for')
    this.position = at ?? 0
    this.#epoch = lineage?.at(-1)?.[0]
    this.online = onlineMore === true ? undefined : new Set(online)
    this.#highest = new Map()
    this.#wasCut = false
    this.#presenceAt = 0
    this.#unconfirmed = 0
    this.endpoint = endpoint
    this.parts.observers.clientLoggedIn(this)
  }

  #received({ publisher, n, index, epoch }: Heard<'ACTIVITY_BROADCAST'>): void {
    if (publisher === undefined || n === undefined || index === undefined || epoch === undefined)
      return this.complain('a broadcast without its place')
    if (index <= this.position) this.complain(`${publisher}:${n} at ${index} after ${this.position}`)
    this.position = index
    this.#epoch = epoch
    if (n > (this.#highest.get(publisher) ?? 0)) this.had.push({ key: `${publisher}:${n}`, index })
    else if (!this.#wasCut) this.complain(`${publisher}:${n} twice in one connection, or out of order`)
    this.#highest.set(publisher, Math.max(n, this.#highest.get(publisher) ?? 0))
    if (++this.#unconfirmed >= confirmEvery) this.#confirm()
  }

  #toldOf({ username, online, index }: Heard<'PRESENCE'>): void {
    // What lies ahead of what it has got may be corrected: the log was cut there.
    if (index !== undefined && index < this.#presenceAt && index <= this.position)
      this.complain(`PRESENCE of ${index} after ${this.#presenceAt}`)
    this.#presenceAt = index ?? 0
    if (online) this.online?.add(username)
    else this.online?.delete(username)
  }

  #confirm(): void {
    this.#unconfirmed = 0
    this.confirmed.push({ index: this.position, atMs: this.parts.queue.nowMs })
    this.#say({ command: 'DELIVERED', index: this.position, epoch: this.#epoch })
  }

  /** The server closes, and the client returns. */
  #denied({ command, info }: Heard<'LOGIN_FAILED' | 'REGISTER_FAILED'>): void {
    if (info.startsWith('not decided')) return
    // No other client wants this name: if it is taken, an earlier attempt of this one has succeeded.
    if (command === 'REGISTER_FAILED') this.account.state = 'owned'
    // The name was registered where no server survived, or this server has not heard of it yet.
    else if (info.includes('not registered')) this.account.state = 'wanted'
    // Registered in two trees, with a salt of each: while the trees become one, the login may be checked against the
    // other one. A user who is refused for good never logs in, and a checker notices that.
    else if (!info.startsWith('wrong secret')) this.complain(info)
  }

  #say(command: unknown): void {
    this.#socket?.writeLine(JSON.stringify(command))
    this.#socket?.flush()
  }
}
