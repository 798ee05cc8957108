/**
 * A client of the public protocol as it was before JWP: no features, no numbers, no resuming. It may register a name
 * of its own; several may try the same one.
 */
import type { ServerCommand } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { AccountHolder } from './account-holder.js'
import { ClientProcess, type ClientWatch } from './client-process.js'
import { LineSocket } from './line-socket.js'

const retryMs = 200

/** What can be seen of a plain client besides. */
export interface PlainClientWatch extends ClientWatch {
  clientLoggedIn(client: ClientProcess): void
  plainDelivered(client: PlainClient, text: string): void
  accountOwned(client: AccountHolder): void
  accountLost(client: AccountHolder, info: string): void
}

export class PlainClient extends ClientProcess<PlainClientWatch> {
  /** Counts its connections: what a plain client is promised holds within one. */
  life = 0
  account: 'none' | 'wanted' | 'assumed' | 'owned' | 'lost' = 'none'
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  #attempt = 0
  /** A connection ended before REGISTER was answered. */
  #triedToRegister = false
  #redirect: string | undefined

  override get unacknowledged(): number {
    return 0
  }

  override whyWaiting(): string | undefined {
    return this.isLoggedIn || this.account === 'lost' ? undefined : 'is not logged in'
  }

  get secret(): string {
    return `secret of ${this.options.name}`
  }

  /** Its messages name the connection: order is promised only within one. */
  get voice(): string {
    return `${this.options.name}/${this.life}`
  }

  protected override get mayPublish(): boolean {
    return this.isLoggedIn
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  protected override begin(): void {
    if (this.options.username !== undefined) this.account = 'wanted'
    this.#connect()
  }

  protected override end(): void {
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  protected override say(n: number): void {
    this.#say({ command: 'ACTIVITY_MESSAGE', activity: { text: `${this.voice} says ${n}` } })
  }

  #connect(): void {
    const { servers } = this.options
    const endpoint = this.#redirect ?? servers[this.#attempt++ % servers.length]!
    this.#redirect = undefined
    this.#cancelDialling = this.parts.network.dial(this.host, endpoint, 'client', {
      opened: (connection) => this.#opened(connection, endpoint),
      failed: () => this.#connectLater(),
    })
  }

  #connectLater(): void {
    this.#socket = undefined
    this.endpoint = undefined
    if (this.account === 'lost') return
    this.parts.queue.after(this.parts.random.between(0.5, 1.5) * retryMs, () => {
      if (this.isAlive && this.#socket === undefined) this.#connect()
    })
  }

  #opened(connection: Connection, endpoint: string): ConnectionEnd {
    this.life++
    const socket: LineSocket = new LineSocket(connection, 'dialler', this.parts.platform, {
      line: (text) => {
        if (this.#socket === socket) this.#heard(JSON.parse(text) as ServerCommand, endpoint)
      },
      closed: () => {
        if (this.#socket !== socket) return
        if (this.account === 'wanted') this.#triedToRegister = true
        this.#connectLater()
      },
    })
    this.#socket = socket
    if (this.account === 'wanted') this.#register()
    else this.#logIn()
    return socket
  }

  #register(): void {
    this.#say({ command: 'REGISTER', ...this.#credentials() })
  }

  #logIn(): void {
    if (this.account === 'none') this.#say({ command: 'LOGIN', username: 'anonymous' })
    else this.#say({ command: 'LOGIN', ...this.#credentials() })
  }

  #credentials(): { username: string; secret: string } {
    return { username: this.options.username!, secret: this.secret }
  }

  #heard(message: ServerCommand, endpoint: string): void {
    switch (message.command) {
      case 'ACTIVITY_BROADCAST': {
        const { text } = message.activity
        this.parts.observers.plainDelivered(this, typeof text === 'string' ? text : '')
        return
      }
      case 'LOGIN_SUCCESS':
        this.endpoint = endpoint
        this.parts.observers.clientLoggedIn(this)
        return
      case 'REGISTER_SUCCESS':
        this.account = 'owned'
        this.#triedToRegister = false
        this.parts.observers.accountOwned(this)
        return this.#logIn()
      case 'REDIRECT':
        this.#redirect = `${message.hostname}:${message.port}`
        this.#socket?.close()
        return this.#connectLater()
      case 'REGISTER_FAILED':
      case 'LOGIN_FAILED':
        return this.#denied(message.info)
      case 'INVALID_MESSAGE':
        // It reads so slowly that the retention has passed it by. The server closes; the client returns and gets what
        // comes then.
        if (message.info.startsWith('missed ')) return
        return this.complain(JSON.stringify(message))
      default:
        return this.complain(JSON.stringify(message))
    }
  }

  /** The server closes; the client returns with what it then knows. */
  #denied(info: string): void {
    if (info.startsWith('not decided')) return
    if (this.account === 'owned') this.parts.observers.accountLost(this, info)
    // If an earlier attempt got no answer, this client itself may have taken the name: a login will tell.
    const isPerhapsOurs = this.account === 'wanted' && this.#triedToRegister
    this.account = isPerhapsOurs ? 'assumed' : 'lost'
  }

  #say(command: unknown): void {
    this.#socket?.writeLine(JSON.stringify(command))
    this.#socket?.flush()
  }
}
