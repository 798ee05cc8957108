/**
 * Registers a name now and then, and tries to log in at one server after the other: with the right secret, with a
 * wrong one, or under a name that does not exist; also at servers that lag, have just joined or are cut off. After a
 * registration it hurries, to reach other servers before the registration does. It publishes nothing and leaves at
 * once: only the answers to its logins are judged.
 */
import type { ServerCommand } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import { ClientProcess, type ClientWatch } from './client-process.js'
import { LineSocket } from './line-socket.js'

/** Longer than a server takes for the answer that it cannot tell. */
const limitMs = 12_000
const meanPauseMs = 60
const hurriedPauseMs = 2
/** One visit in so many is for a new name. */
const registerEvery = 5

export type VisitKind = 'right' | 'wrong' | 'unknown'

export interface Visit {
  readonly client: VisitorClient
  readonly kind: VisitKind
  readonly endpoint: string
}

/** What can be seen of a visitor besides. */
export interface VisitorWatch extends ClientWatch {
  visitBegins(visit: Visit): void
  visitAnswered(visit: Visit, answer: ServerCommand): void
}

export class VisitorClient extends ClientProcess<VisitorWatch> {
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  /** Rises with every connection, so that late timers of an old one do nothing. */
  #life = 0
  #isRegistered = false
  #names = 1
  #isAtEnd = false

  override get unacknowledged(): number {
    return 0
  }

  override whyWaiting(): string | undefined {
    return this.#socket === undefined ? undefined : 'is visiting'
  }

  override stopPublishing(): void {
    super.stopPublishing()
    this.#isAtEnd = true
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  protected override begin(): void {
    this.#visit()
  }

  protected override end(): void {
    this.#leave()
  }

  protected override say(): void {
    // It has come to listen.
  }

  get username(): string {
    return `user ${this.options.name}/${this.#names}`
  }

  #visit(): void {
    const { random, network, queue } = this.parts
    const endpoint = random.pick(this.options.servers)
    const life = ++this.#life
    this.#cancelDialling = network.dial(this.host, endpoint, 'client', {
      opened: (connection) => this.#opened(connection, endpoint, life),
      failed: () => this.#over(life),
    })
    queue.after(limitMs, () => this.#over(life))
  }

  #opened(connection: Connection, endpoint: string, life: number): ConnectionEnd {
    const { random, platform, observers } = this.parts
    const kind = random.pick(['right', 'right', 'wrong', 'unknown'] as const)
    const visit: Visit = { client: this, kind, endpoint }
    const registers = !this.#isRegistered
    let hasAnswer = false
    const socket = new LineSocket(connection, 'dialler', platform, {
      line: (text) => {
        if (this.#life !== life || hasAnswer) return
        hasAnswer = true
        const answer = JSON.parse(text) as ServerCommand
        if (!registers) observers.visitAnswered(visit, answer)
        else this.#registered(answer)
        this.#over(life, registers)
      },
      closed: () => this.#over(life),
    })
    this.#socket = socket
    const secret = `secret of ${this.options.name}`
    if (registers) {
      this.#send(socket, { command: 'REGISTER', username: this.username, secret })
    } else {
      observers.visitBegins(visit)
      this.#send(socket, {
        command: 'LOGIN',
        username: kind === 'unknown' ? `not ${this.username}` : this.username,
        secret: kind === 'wrong' ? 'guess' : secret,
      })
    }
    return socket
  }

  #registered(answer: ServerCommand): void {
    if (answer.command === 'REGISTER_SUCCESS') this.#isRegistered = true
    // No other client wants this name: this one has taken it, on a connection that broke before the answer.
    else if (
      answer.command === 'REGISTER_FAILED' &&
      answer.info.endsWith('is already registered with the system')
    )
      this.#isRegistered = true
  }

  #wantAnotherName(): void {
    this.#names++
    this.#isRegistered = false
  }

  #send(socket: LineSocket, command: object): void {
    socket.writeLine(JSON.stringify(command))
    socket.flush()
  }

  #over(life: number, hurries = false): void {
    if (this.#life !== life) return
    this.#leave()
    const { queue, random } = this.parts
    queue.after(random.between(0.2, 1.8) * (hurries ? hurriedPauseMs : meanPauseMs), () => {
      if (!this.isAlive || this.#isAtEnd) return
      if (this.#isRegistered && !hurries && random.chance(1 / registerEvery)) this.#wantAnotherName()
      this.#visit()
    })
  }

  #leave(): void {
    this.#life++
    this.#cancelDialling?.()
    this.#socket?.close()
    this.#socket = undefined
  }
}
