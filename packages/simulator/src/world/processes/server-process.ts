/**
 * One run of one server: the real core, and around it what the shell would be. All that happens in one event is a
 * turn: the core handles each input, hears `turn-ended`, and what it sent leaves in one frame per connection.
 */
import type {
  Address,
  ClientId,
  ClockAddress,
  LinkId,
  Platform,
  ServerCommand,
  ServerId,
  ServerMessage,
} from '@jwp/protocol'
import {
  asClientId,
  asLinkId,
  asSessionToken,
  jsonForOneLine,
  MachineDriver,
  readClientLine,
  serverId,
} from '@jwp/protocol'
import {
  ServerCore,
  type GrowthOptions,
  type Limits,
  type ServerEffect,
  type ServerEvent,
  type ServerInput,
  type Timing,
} from '@jwp/server/core'
import { ClockLink } from './clock-link.js'
import { copyMessages } from './wire-copy.js'
import type { Connection, ConnectionEnd, Side } from '../network/connection.js'
import type { ConnectionKind, Listener } from '../network/network.js'
import type { Disk } from './disk.js'
import { LineSocket } from './line-socket.js'
import type { SeenBy } from '../surroundings.js'

export type ProvisionEffect = Extract<ServerEffect, { type: 'start-server' | 'abandon-start' }>

export interface ServerProcessOptions {
  readonly address: Address
  readonly run: number
  readonly remote: Address | undefined
  readonly contacts: readonly Address[]
  readonly clock: ClockAddress
  readonly seed: number
  readonly timing: Timing
  readonly limits: Limits
  readonly growth?: GrowthOptions | undefined
  /** Executes `start-server` and `abandon-start`; absent: these effects are ignored. */
  readonly provision?: (server: ServerProcess, effect: ProvisionEffect) => void
  /** See `ServerOptions`. */
  readonly balance: boolean
  /** Outlives the process; undefined: no state does. */
  readonly disk: Disk | undefined
  /** How far its own clock is off, in whole milliseconds. */
  readonly skewMs: number
  /** Whether messages go through the codec, as over real sockets, or are handed over as they are (faster). */
  readonly codec: boolean
}

interface OpenLink {
  readonly connection: Connection
  readonly side: Side
  frame: ServerMessage[]
  /** Part of a frame has come since the last tick. */
  hasProgress: boolean
}

/** How many turns the core may take at one moment before that counts as a busy loop. */
const maxTicksAtOnce = 2_000

/** What can be seen of a server. */
export interface ServerWatch {
  serverStarted(server: ServerProcess): void
  serverTurnBegins(server: ServerProcess): void
  serverTurnEnded(server: ServerProcess): void
  serverSends(server: ServerProcess, link: LinkId, message: ServerMessage): void
  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void
  serverDelivers(server: ServerProcess, client: ClientId, lines: readonly Uint8Array[]): void
  serverReports(server: ServerProcess, event: ServerEvent): void
  serverEnded(server: ServerProcess): void
  serverThrew(server: ServerProcess, error: unknown): void
}

export class ServerProcess implements Listener {
  readonly options: ServerProcessOptions
  readonly id: ServerId
  readonly core: ServerCore
  readonly #parts: SeenBy<ServerWatch>
  readonly #platform: Platform
  state: 'running' | 'paused' | 'ended' = 'running'
  /** Remembered for the next run, as the shell's file would. */
  contacts: readonly Address[]
  /** Newest first: what the process told with its last breath. */
  endInfo = ''
  endedAtMs: number | undefined
  isAskedToLeave = false
  /** The run after this one, if it found the data of this one on its disk. */
  continuedBy: ServerProcess | undefined
  readonly #links = new Map<LinkId, OpenLink>()
  readonly #dialling = new Map<LinkId, () => void>()
  readonly #clients = new Map<ClientId, LineSocket>()
  readonly #clock: ClockLink
  #nextAcceptedLink = 2
  #nextClient = 1
  #inbox: ServerInput[] = []
  #isInTurn = false
  #afterTurn: ServerInput[] = []
  readonly #driver: MachineDriver<ServerInput, ServerEffect>
  #ticksAtOnce = 0
  #lastTickMs = 0
  #skewMs: number
  /** How far its calendar is ahead of the time that the core is told. */
  #calendarMs = 0

  constructor(parts: SeenBy<ServerWatch>, options: ServerProcessOptions) {
    this.#parts = parts
    this.#platform = parts.platform
    this.options = options
    this.#skewMs = options.skewMs
    this.contacts = options.contacts
    const incarnation = String(options.run)
    this.id = serverId(options.address.name, incarnation)
    const { address: self, remote, contacts, clock, seed, timing, limits, growth, balance } = options
    const restored = options.disk?.open({
      stored: (number) => this.receive({ type: 'stored', number }),
      failed: (info) => this.receive({ type: 'store-failed', info }),
    })
    const disk = options.disk && (restored === undefined ? {} : { restored })
    this.core = new ServerCore(
      { self, incarnation, remote, contacts, clock, seed, timing, limits, growth, balance, disk },
      this.#platform,
    )
    this.#driver = new MachineDriver<ServerInput, ServerEffect>(this.core, {
      clock: {
        nowMs: () => this.nowMs,
        at: (atMs, call) => this.#parts.queue.cancellableAt(atMs - this.#skewMs, call),
      },
      alarms: 'exact',
      execute: (effects) => {
        this.#execute(effects)
      },
      due: () => {
        this.#wake()
      },
      turns: {
        endInput: { type: 'turn-ended' },
        // Turns are begun by what the queue brings, and end with it.
        soon: () => undefined,
        ended: () => {
          this.#flush()
          this.#parts.observers.serverTurnEnded(this)
        },
      },
    })
    this.#clock = new ClockLink(parts.network, this.host, (input) => this.receive(input))
  }

  get host(): string {
    return this.options.address.name
  }

  /** As the shell's Date.now(): whole milliseconds of this machine's own time. */
  get nowMs(): number {
    return Math.floor(this.#parts.queue.nowMs) + this.#skewMs
  }

  get isAlive(): boolean {
    return this.state !== 'ended'
  }

  /** Who is at the other end, for transcripts. */
  peerOf(link: LinkId): string {
    const open = this.#links.get(link)
    if (open === undefined) return '?'
    return open.side === 'dialler' ? open.connection.acceptorHost : open.connection.diallerHost
  }

  connectionOf(link: LinkId): Connection | undefined {
    return this.#links.get(link)?.connection
  }

  peerOfClient(client: ClientId): string {
    return this.#clients.get(client)?.connection.diallerHost ?? '?'
  }

  start(): void {
    const { host, port } = this.options.address
    this.#parts.network.listen(`${host}:${port}`, this)
    this.#parts.observers.serverStarted(this)
    this.receive({ type: 'start' })
  }

  accept(connection: Connection, kind: ConnectionKind): ConnectionEnd {
    return kind === 'client' ? this.#acceptClient(connection) : this.#acceptLink(connection)
  }

  /** SIGKILL: nothing is sent any more; the kernel ends the connections. */
  crash(): void {
    this.#end('crashed', (connection, side) => connection.crashFrom(side))
  }

  /** SIGSTOP: the kernel goes on accepting and receiving, the process does nothing. */
  pause(): void {
    if (this.state === 'running') this.state = 'paused'
  }

  /** SIGCONT: timers first, as an event loop does, then what the sockets hold. */
  resume(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    const inbox = this.#inbox
    this.#inbox = []
    this.#burst([{ type: 'tick' }, ...inbox])
  }

  /** SIGTERM. */
  askToLeave(): void {
    this.isAskedToLeave = true
    this.receive({ type: 'leave' })
  }

  fillDisk(): void {
    if (this.options.disk === undefined) return
    this.isAskedToLeave = true
    this.options.disk.fill()
  }

  /** This machine's time is set forward. Running timers are not affected. */
  jump(byMs: number): void {
    this.#skewMs += byMs
  }

  /** The calendar of this machine is set, forward or back. */
  setCalendar(byMs: number): void {
    this.#calendarMs += byMs
    this.#tellCalendar()
  }

  /** To be called before it goes on: the machine slept, its watch stood still, and its calendar has gone on by so much. */
  sleptFor(ms: number, byMs: number): void {
    this.#skewMs -= ms
    this.#calendarMs += ms + byMs
    this.#tellCalendar()
  }

  #tellCalendar(): void {
    this.receive({ type: 'calendar', unixMs: this.nowMs + this.#calendarMs })
  }

  /** The sockets of all links of this server are full until the returned function is called. */
  fillLinks(): () => void {
    const links = [...this.#links.keys()]
    for (const link of links) this.receive({ type: 'link-blocked', link })
    return () => {
      for (const link of links) if (this.#links.has(link)) this.receive({ type: 'link-drained', link })
    }
  }

  /** The socket of the client on that host is full, until the returned function is called. */
  fillClient(host: string): () => void {
    const [client] = [...this.#clients].find(([, socket]) => socket.connection.diallerHost === host) ?? []
    if (client === undefined) return () => undefined
    this.receive({ type: 'client-blocked', client })
    return () => {
      if (this.#clients.has(client)) this.receive({ type: 'client-drained', client })
    }
  }

  receive(input: ServerInput): void {
    if (this.#isInTurn) this.#afterTurn.push(input)
    else if (this.state === 'running') this.#burst([input])
    else if (this.state === 'paused') this.#inbox.push(input)
  }

  /** What a client that is read again had sent comes after the turn, as from a real socket, and not in the middle of it. */
  #burst(inputs: readonly ServerInput[]): void {
    this.#isInTurn = true
    this.#turn(inputs)
    this.#isInTurn = false
    const next = this.#afterTurn
    this.#afterTurn = []
    if (next.length === 0) return
    if (this.state === 'running') this.#burst(next)
    else if (this.state === 'paused') this.#inbox.push(...next)
  }

  #turn(inputs: readonly ServerInput[]): void {
    this.#parts.observers.serverTurnBegins(this)
    try {
      this.#driver.turn(inputs)
    } catch (error) {
      this.#threw(error)
    }
  }

  #threw(error: unknown): void {
    this.#parts.observers.serverThrew(this, error)
    this.crash()
  }

  #wake(): void {
    const { nowMs } = this
    this.#ticksAtOnce = nowMs === this.#lastTickMs ? this.#ticksAtOnce + 1 : 0
    this.#lastTickMs = nowMs
    if (this.#ticksAtOnce > maxTicksAtOnce)
      return this.#threw(new Error('busy loop: the core asks for ticks without end at one moment'))
    // A paused process is ticked when it wakes up.
    if (this.state === 'running') this.#burst([...this.#takeProgress(), { type: 'tick' }])
  }

  /** As the shell looks before it looks at deadlines. */
  #takeProgress(): ServerInput[] {
    const inputs: ServerInput[] = []
    for (const [link, open] of this.#links) {
      if (open.hasProgress) inputs.push({ type: 'link-progress', link })
      open.hasProgress = false
    }
    return inputs
  }

  #execute(effects: readonly ServerEffect[]): void {
    for (const effect of effects) {
      if (this.state === 'ended') return
      this.#do(effect)
    }
  }

  #do(effect: ServerEffect): void {
    const { observers } = this.#parts
    switch (effect.type) {
      case 'send':
        observers.serverSends(this, effect.link, effect.message)
        return this.#send(effect)
      case 'dial':
        return this.#dial(effect.link, effect.address)
      case 'close':
        return this.#closeLink(effect.link)
      case 'deliver':
        for (const client of effect.clients) {
          observers.serverDelivers(this, client, effect.lines)
          this.#clients.get(client)?.writeChunks(effect.lines)
        }
        return
      case 'send-to-client':
        observers.serverTells(this, effect.client, effect.command)
        this.#clients.get(effect.client)?.writeLine(jsonForOneLine(effect.command))
        return
      case 'close-client':
        this.#clients.get(effect.client)?.close()
        this.#clients.delete(effect.client)
        return
      case 'pause-client':
        return this.#clients.get(effect.client)?.pause()
      case 'resume-client':
        return this.#clients.get(effect.client)?.resume()
      case 'ask-clock':
        return this.#clock.ask(effect)
      case 'hash-secret':
      case 'check-secret':
        return this.#hash(effect)
      case 'start-server':
      case 'abandon-start':
        return this.options.provision?.(this, effect)
      case 'remember-contacts':
        this.contacts = effect.contacts
        return
      case 'store':
        return this.options.disk?.write(effect.change)
      case 'report':
        return observers.serverReports(this, effect.event)
      case 'stop':
        return this.#end(`stopped (${effect.exitCode}): ${effect.info}`, (connection, side) =>
          connection.closeFrom(side),
        )
    }
  }

  #flush(): void {
    for (const link of this.#links.values()) this.#flushLink(link)
    for (const client of this.#clients.values()) client.flush()
  }

  #send({ link, message, admits }: Extract<ServerEffect, { type: 'send' }>): void {
    const open = this.#links.get(link)
    if (open === undefined) return
    open.frame.push(message)
    if (admits === true) this.#flushLink(open)
  }

  #flushLink(link: OpenLink): void {
    if (link.frame.length === 0) return
    link.connection.send(link.side, this.options.codec ? copyMessages(link.frame) : link.frame)
    link.frame = []
  }

  #dial(link: LinkId, address: Address): void {
    const cancel = this.#parts.network.dial(this.host, `${address.host}:${address.port}`, 'server', {
      opened: (connection, roundTripMs) => {
        this.#dialling.delete(link)
        const end = this.#addLink(link, connection, 'dialler')
        this.receive({ type: 'link-opened', link, roundTripMs })
        return end
      },
      failed: (why, info) => {
        this.#dialling.delete(link)
        this.receive({ type: 'link-failed', link, why, info })
      },
    })
    this.#dialling.set(link, cancel)
  }

  #acceptLink(connection: Connection): ConnectionEnd {
    const link = asLinkId(this.#nextAcceptedLink)
    this.#nextAcceptedLink += 2
    const end = this.#addLink(link, connection, 'acceptor')
    this.receive({ type: 'link-accepted', link, remoteHost: connection.diallerHost })
    return end
  }

  #addLink(link: LinkId, connection: Connection, side: Side): ConnectionEnd {
    this.#links.set(link, { connection, side, frame: [], hasProgress: false })
    return {
      progressed: () => {
        const open = this.#links.get(link)
        // What comes for a process that sleeps, it has not read.
        if (open !== undefined && this.state === 'running') open.hasProgress = true
      },
      arrived: (frame) => this.#frameArrived(link, frame as ServerMessage[]),
      closed: (info) => {
        // While the process is paused, its core does not know of this yet. What it sends meanwhile is lost.
        const isOurs = this.#links.delete(link)
        if (isOurs) this.receive({ type: 'link-closed', link, info })
      },
    }
  }

  #frameArrived(link: LinkId, messages: readonly ServerMessage[]): void {
    if (!this.#links.has(link)) return
    const inputs = messages.map((message): ServerInput => ({ type: 'link-message', link, message }))
    if (this.state === 'running') this.#burst(inputs)
    else this.#inbox.push(...inputs)
  }

  #closeLink(link: LinkId): void {
    this.#dialling.get(link)?.()
    this.#dialling.delete(link)
    const open = this.#links.get(link)
    if (open === undefined) return
    this.#flushLink(open)
    this.#links.delete(link)
    open.connection.closeFrom(open.side)
    // What a paused process had not read of it yet is not reported any more either.
    if (this.#inbox.length > 0)
      this.#inbox = this.#inbox.filter((input) => !('link' in input) || input.link !== link)
  }

  #acceptClient(connection: Connection): ConnectionEnd {
    const client = asClientId(this.#nextClient++)
    const socket = new LineSocket(connection, 'acceptor', this.#platform, {
      line: (text) => {
        const read = readClientLine(this.#platform.encodeUtf8(text), this.#platform)
        this.receive(
          read.ok
            ? { type: 'client-line', client, ...read.line }
            : { type: 'client-garbled', client, info: read.info },
        )
      },
      closed: (info) => {
        if (this.#clients.delete(client)) this.#clientClosed(client, info)
      },
      over: (info) => {
        this.#clientClosed(client, info)
      },
    })
    this.#clients.set(client, socket)
    const freshToken = asSessionToken(this.#platform.sha256Hex(`${this.id} ${client}`).slice(0, 32))
    this.receive({ type: 'client-opened', client, freshToken, dialect: 'lines' })
    return socket
  }

  #clientClosed(client: ClientId, info: string): void {
    this.receive({ type: 'client-closed', client, isReset: info === 'connection reset' })
  }

  /** A stand-in for scrypt that costs time but no work. */
  #hash(effect: Extract<ServerEffect, { type: 'hash-secret' | 'check-secret' }>): void {
    const salt = effect.salt ?? this.#platform.sha256Hex(`${this.id} ${effect.job}`).slice(0, 32)
    const verifier = this.#platform.sha256Hex(`${salt} ${effect.secret}`)
    this.#parts.queue.after(this.#parts.random.between(20, 60), () => {
      const { job } = effect
      if (effect.type === 'hash-secret') this.receive({ type: 'secret-hashed', job, salt, verifier })
      else this.receive({ type: 'secret-checked', job, ok: verifier === effect.verifier })
    })
  }

  #end(how: string, endConnection: (connection: Connection, side: Side) => void): void {
    if (this.state === 'ended') return
    if (!how.startsWith('crashed')) this.#flush()
    this.state = 'ended'
    this.#driver.stop()
    this.endInfo = how
    this.endedAtMs = this.#parts.queue.nowMs
    for (const cancel of this.#dialling.values()) cancel()
    for (const { connection, side } of this.#links.values()) endConnection(connection, side)
    for (const client of this.#clients.values()) endConnection(client.connection, 'acceptor')
    this.#clock.close()
    this.options.disk?.close({ inOrder: !how.startsWith('crashed') })
    this.#links.clear()
    this.#dialling.clear()
    this.#clients.clear()
    this.#inbox = []
    this.#parts.observers.serverEnded(this)
  }
}
