/**
 * A client as an independent programmer would write it from docs/protocol.md, with the features `ack`, `resume` and
 * `servers`: it keeps its own messages until they are logged, goes to another server when its own dies or falls
 * silent, and drops what it has had before. It shares no code with `@jwp/client`, so that neither hides the other's
 * mistakes.
 */
import type { Epoch, LogIndex, PublisherId, ServerCommand, SessionToken } from '@jwp/protocol'
import { cutLineage, extendLineage, type Lineage } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { Observers } from '../observers.js'
import type { WorldParts } from '../world-parts.js'
import { ClientProcess, type ClientProcessOptions } from './client-process.js'
import { LineSocket } from './line-socket.js'

/** Own messages that stay at hand after they were acknowledged: a server may have lost the last of them. */
const keptAfterAck = 1_000
const ackWaitMs = 5_000
const pingEveryMs = 1_000
const silenceLimitMs = 2_500
const retryMs = 150

interface Session {
  readonly token: SessionToken
  readonly publisher: PublisherId
}

export class IndependentClient extends ClientProcess<Observers> {
  /** Messages that went nowhere yet, or are not acknowledged, by number. */
  readonly #own = new Map<number, string>()
  readonly #unacknowledgedSinceMs = new Map<number, number>()
  #acknowledged = 0
  #session: Session | undefined
  #lineage: Lineage = []
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  #heardMs = 0
  #known: readonly string[] = []
  #attempt = 0
  /** Rises with every connection, so that late timers of an old one do nothing. */
  #life = 0

  /** @param copied the session of another client, which it shows as its own */
  constructor(parts: WorldParts, options: ClientProcessOptions, copied?: ClientProcess) {
    super(parts, options)
    if (copied?.session === undefined || copied.publisher === undefined) return
    this.#session = { token: copied.session, publisher: copied.publisher }
    this.isShared = true
  }

  override get unacknowledged(): number {
    return this.published - this.#acknowledged
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  protected override begin(): void {
    this.#connect()
  }

  protected override end(): void {
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  protected override say(n: number, text: string): void {
    this.#own.set(n, text)
    this.#unacknowledgedSinceMs.set(n, this.parts.queue.nowMs)
    if (this.isLoggedIn) this.#send(n)
    this.#socket?.flush()
  }

  #connect(): void {
    const endpoint = this.#nextEndpoint()
    const life = ++this.#life
    this.#cancelDialling = this.parts.network.dial(this.host, endpoint, 'client', {
      opened: (connection) => this.#opened(connection, endpoint, life),
      failed: () => this.#connectLater(life),
    })
  }

  /** The nearest known server first, then all others in turn. */
  #nextEndpoint(): string {
    const all = [...new Set([...this.#known, ...this.options.servers])]
    return all[this.#attempt++ % all.length]!
  }

  #connectLater(life: number): void {
    if (life !== this.#life) return
    this.#life++
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
        if (life === this.#life) this.#lost()
      },
    })
    this.#socket = socket
    this.#heardMs = this.parts.queue.nowMs
    const resume = this.#session && {
      session: this.#session.token,
      publisher: this.#session.publisher,
      // This client does not know what the other program has seen, so it begins at the beginning.
      ...(this.publisher === undefined ? {} : { lineage: this.#lineage }),
    }
    this.#say({
      command: 'LOGIN',
      username: 'anonymous',
      features: ['ack', 'resume', 'servers'],
      ackLevel: this.options.ackLevel,
      // It moves by itself when a server is silent, and that one may hear of it late.
      holder: this.options.name,
      ...(resume === undefined ? {} : { resume }),
    })
    this.#socket.flush()
    this.#watch(life)
    return socket
  }

  /** Leaves a server that is silent or does not get the messages of this client into the log. */
  #watch(life: number): void {
    this.parts.queue.after(pingEveryMs, () => {
      if (life !== this.#life || !this.isAlive) return
      const { nowMs } = this.parts.queue
      let oldest = nowMs
      for (const sinceMs of this.#unacknowledgedSinceMs.values()) oldest = Math.min(oldest, sinceMs)
      if (nowMs - this.#heardMs > silenceLimitMs || (this.isLoggedIn && nowMs - oldest > ackWaitMs)) {
        this.#socket?.close()
        this.#lost()
        return
      }
      if (this.isLoggedIn) this.#say({ command: 'PING' })
      this.#socket?.flush()
      this.#watch(life)
    })
  }

  #lost(): void {
    this.#socket = undefined
    this.endpoint = undefined
    for (const n of this.#unacknowledgedSinceMs.keys())
      this.#unacknowledgedSinceMs.set(n, this.parts.queue.nowMs)
    this.#connectLater(this.#life)
  }

  #heard(message: ServerCommand, endpoint: string): void {
    this.#heardMs = this.parts.queue.nowMs
    switch (message.command) {
      case 'PING':
        return this.#say({ command: 'PONG' })
      case 'LOGIN_SUCCESS':
        return this.#loggedIn(message, endpoint)
      case 'ACTIVITY_BROADCAST':
        return this.#received(message)
      case 'EPOCH':
        this.#lineage = cutLineage(this.#lineage, message.index - 1)
        return this.#sawPosition(message.epoch, message.index)
      case 'ACTIVITY_ACK':
        this.parts.observers.clientAcknowledged(this, message.id)
        return this.#acknowledge(message.id)
      case 'SERVERS':
        this.#known = message.servers.map(({ hostname, port }) => `${hostname}:${port}`)
        return
      case 'REDIRECT':
        this.#known = [`${message.hostname}:${message.port}`, ...this.#known]
        this.#attempt = 0
        return
      case 'PONG':
        return
      case 'GAP':
        this.#lineage = message.lineage
        return this.missed(message.from, message.to)
      case 'LOGIN_FAILED':
        // All servers are full, or it ends: tried again as after any other end.
        if (message.info.startsWith('not decided')) return
        return this.complain(JSON.stringify(message))
      case 'AUTHENTICATION_FAIL':
        if (this.isShared && message.info === 'this session was taken over') return this.crash()
        return this.complain(JSON.stringify(message))
      case 'PRESENCE':
      case 'ONLINE':
      case 'REGISTER_SUCCESS':
      case 'REGISTER_FAILED':
      case 'INVALID_MESSAGE':
        return this.complain(JSON.stringify(message))
    }
  }

  #loggedIn(message: Extract<ServerCommand, { command: 'LOGIN_SUCCESS' }>, endpoint: string): void {
    const { session, publisher, expect, at, lineage, servers } = message
    if (
      session === undefined ||
      publisher === undefined ||
      expect === undefined ||
      at === undefined ||
      lineage === undefined
    ) {
      this.parts.observers.clientComplains(
        this,
        `LOGIN_SUCCESS lacks what was asked for: ${JSON.stringify(message)}`,
      )
      return
    }
    if (this.publisher !== undefined && this.publisher !== publisher)
      this.complain('the session was not resumed')
    this.#session = { token: session, publisher }
    this.session = session
    this.publisher = publisher
    this.#lineage = lineage
    this.position = at
    this.endpoint = endpoint
    this.#attempt = 0
    if (servers !== undefined) this.#known = servers.map(({ hostname, port }) => `${hostname}:${port}`)
    this.#acknowledge(expect - 1)
    this.parts.observers.clientLoggedIn(this)
    if (expect > this.published + 1) this.complain(`expect ${expect} is beyond our own ${this.published}`)
    for (let n = expect; n <= this.published; n++) this.#send(n)
    this.#socket?.flush()
  }

  #received(message: Extract<ServerCommand, { command: 'ACTIVITY_BROADCAST' }>): void {
    const { publisher, n, epoch, index, timestamp, activity } = message
    if (
      publisher === undefined ||
      n === undefined ||
      epoch === undefined ||
      index === undefined ||
      timestamp === undefined
    ) {
      this.complain(`a broadcast without its place: ${JSON.stringify(message)}`)
      return
    }
    if (this.#lineage.at(-1)?.[0] !== epoch) {
      this.complain(`a broadcast of epoch ${epoch} before its EPOCH`)
    }
    this.#sawPosition(epoch, index)
    if (n <= this.highestSeen(publisher)) return
    const text = typeof activity['text'] === 'string' ? activity['text'] : ''
    this.delivered({ publisher, n, epoch, index, timestamp, text })
  }

  #sawPosition(epoch: Epoch, index: LogIndex): void {
    this.#lineage = extendLineage(this.#lineage, epoch, index)
    this.position = index
  }

  /** Everything up to `id` has reached the requested level. */
  #acknowledge(id: number): void {
    for (let n = this.#acknowledged + 1; n <= id; n++) {
      this.#unacknowledgedSinceMs.delete(n)
      this.#own.delete(n - keptAfterAck)
    }
    this.#acknowledged = Math.max(this.#acknowledged, id)
  }

  #send(n: number): void {
    const text = this.#own.get(n)
    if (text === undefined) this.complain(`message ${n} is asked for again but long gone`)
    else this.#say({ command: 'ACTIVITY_MESSAGE', id: n, activity: { text } })
  }

  #say(command: unknown): void {
    this.#socket?.writeLine(JSON.stringify(command))
  }
}
