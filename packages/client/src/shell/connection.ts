/** What programs hold: a connection to the network that outlives its servers. */
import { randomBytes, randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import {
  anonymous,
  unixMsOfTimestamp,
  type AckLevel,
  type Activity,
  type Endpoint,
  type Epoch,
} from '@jwp/protocol'
import {
  defaultClientLimits,
  type Broadcast as PositionedBroadcast,
  type ClientEffect,
  type ClientEvent,
  type Ticket,
} from '@jwp/client/core'
import { BroadcastQueue } from './broadcast-queue.js'
import { checkCloseOptions, checkSendOptions } from './check-options.js'
import { ClientDriver } from './client-driver.js'
import { inTime } from './deadline.js'
import { closeDefaults, connectDefaults } from './defaults.js'
import { credentialsFrom, dialTlsFrom, endpointsFrom, type ConnectOptions } from './connect-options.js'
import { HandledMark } from './handled-mark.js'
import { LoginFailed, MaybePublished, NotPublished, Refused, SessionTakenOver } from './errors.js'
import { Unread } from './unread.js'

/** How long what comes may pile up for the first reader, here and at the server, before the program counts as one that only publishes. */
const firstReaderLimitMs = 30_000

/** One activity of the stream that every client sees in the same order. */
export interface Broadcast {
  readonly activity: Activity
  /** The sender; `anonymous` for clients without a login. */
  readonly user: string
  /** When it was ordered, by the network's clock. */
  readonly time: Date
  /** The exact timestamp: rises from one broadcast to the next. */
  readonly timestamp: number
  /** Place in the order: compare `index` of two broadcasts of one connection. */
  readonly index: number
  readonly epoch: string
  /** The session that published it, and its own number there: 1, 2, 3… */
  readonly publisher: string
  readonly n: number
  /** This connection published it. */
  readonly own: boolean
}

/** A message is safe. */
export interface Receipt {
  /** This session's own number of the message. */
  readonly id: number
  readonly level: AckLevel
}

interface OpenSend {
  resolve(receipt: Receipt): void
  reject(error: Error): void
  /** It has settled in time. */
  met(): void
}

interface ConnectionEvents {
  broadcast: [Broadcast]
  /** Online at this server; `resumed`: after a change of servers. */
  connected: [Endpoint, { resumed: boolean }]
  /** Lost a server, or could not reach one. The next one is being tried. */
  disconnected: [Endpoint | undefined, string]
  /**
   * The server has sent this client on to that one, which has fewer clients: nothing is lost, and `connected` follows.
   */
  redirected: [Endpoint]
  /**
   * This client was away, or did not read, for longer than the network keeps messages: `missed` activities, with an
   * `index` from `from` to `to`, are lost for it. Emitted as soon as it is known: broadcasts with a lower index may
   * still wait to be read. Right after `connect`: so much of this user's backlog is no longer kept.
   */
  gap: [{ from: number; to: number; missed: number }]
  /** A user has come or gone; `time` undefined: the time is unknown. Needs `presence: true`. */
  presence: [{ username: string; online: boolean; time: Date | undefined }]
  warning: [string]
  /** The end. With an error if it was not asked for. */
  closed: [Error | undefined]
}

/**
 * Publishes and receives activities, reconnecting to another server when one dies: nothing is lost, doubled or out of
 * order over a change of servers.
 *
 * Broadcasts come as `'broadcast'` events, and by `for await (const broadcast of connection)`. Iterating slowly is fine:
 * the socket is paused, and the server keeps what is not read.
 */
export class Connection extends EventEmitter<ConnectionEvents> implements AsyncIterable<Broadcast> {
  readonly #driver: ClientDriver
  readonly #sends = new Map<Ticket, OpenSend>()
  readonly #queue: BroadcastQueue<Broadcast>
  readonly #handled = new HandledMark<{ epoch: string; index: number }>(({ epoch, index }) => {
    this.#driver.handle({ type: 'handled', epoch: epoch as Epoch, index })
  })
  readonly username: string
  /** What has arrived before the first reader. */
  readonly #unread = new Unread()
  #iterating = false
  #nextTicket = 1
  #server: Endpoint | undefined
  #isClosing = false
  #ended = false
  #error: Error | undefined

  /** Use `connect`. */
  constructor(options: ConnectOptions) {
    super()
    const { username, secret } = credentialsFrom(options)
    this.username = username
    this.#queue = new BroadcastQueue(
      {
        maxWaiting: options.maxBuffered ?? connectDefaults.maxBuffered,
        maxBytes: options.maxBufferedBytes ?? connectDefaults.maxBufferedBytes,
      },
      (paused) => {
        this.#driver.pauseReading(paused)
      },
      () => {
        this.#iterating = false
      },
      (broadcast) => {
        this.#handled.done(broadcast)
      },
    )
    this.#driver = new ClientDriver(
      {
        seeds: endpointsFrom(options.servers),
        username,
        secret,
        ackLevel: options.ackLevel ?? connectDefaults.ackLevel,
        presence: options.presence ?? false,
        holder: randomBytes(16).toString('hex'),
        seed: randomInt(2 ** 32),
        limits: { ...defaultClientLimits, ...options.limits },
      },
      dialTlsFrom(options.tls),
      (effect) => {
        this.#observe(effect)
      },
    )
    options.signal?.addEventListener('abort', () => {
      this.#driver.handle({ type: 'close', gracefully: false })
    })
    EventEmitter.prototype.on.call(this, 'newListener', (event) => {
      // It is not in the list of listeners yet.
      if (event === 'broadcast' && this.#unread.isAwaited) process.nextTick(() => this.#giveToListeners())
    })
  }

  /** The server that this client is connected to right now. */
  get server(): Endpoint | undefined {
    return this.#driver.isOnline ? this.#server : undefined
  }

  /**
   * Users that are connected somewhere right now, with `presence: true`; 4,096 of them at most. One that has several
   * connections is in it once.
   */
  get online(): ReadonlySet<string> {
    return this.#driver.online
  }

  /** More users are connected than `online` holds. */
  get onlineMore(): boolean {
    return this.#driver.onlineMore
  }

  /** @internal */
  start(): void {
    this.#driver.handle({ type: 'start' })
  }

  /** @internal Code that awaits the connection gets a turn to listen before the first broadcast is handed out. */
  pauseForOneTurn(): void {
    this.#unread.begin(firstReaderLimitMs, () => this.#letGoIfFull())
    this.#driver.pauseReading(true)
    setImmediate(() => {
      if (!this.#queue.isFull) this.#driver.pauseReading(false)
    })
  }

  /**
   * Publishes an activity: a JSON object. Resolves when it is as safe as `ackLevel` asks for, however many servers die
   * meanwhile.
   *
   * @param withinMs how long to wait for that, in milliseconds. Then it throws: NotPublished if the message has not left
   * yet, and it never will; MaybePublished if it has, and it may still arrive. Default: as long as it takes.
   * @throws BadOption when an option makes no sense, NotPublished if it surely was not published, MaybePublished if
   * that is unknown.
   * @example await connection.send({ text: 'hello' })
   */
  send(activity: Activity, options: { withinMs?: number } = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      checkSendOptions(options)
      const { withinMs = Infinity } = options
      const ticket = this.#nextTicket++
      const met = inTime(withinMs, () => {
        const info = `not acknowledged within ${withinMs} ms`
        this.#driver.handle({ type: 'give-up', ticket, info })
      })
      this.#sends.set(ticket, { resolve, reject, met })
      this.#driver.handle({ type: 'publish', ticket, activity })
    })
  }

  /**
   * Ends the connection. First waits until everything that was sent is safe, unless `now` is set. Resolves when it has
   * ended.
   * @param withinMs how long to wait, in milliseconds; what has not settled then fails as `send` tells. Default: `closeDefaults`.
   */
  async close(options: { now?: boolean; withinMs?: number } = {}): Promise<void> {
    checkCloseOptions(options)
    const { now = closeDefaults.now, withinMs = closeDefaults.withinMs } = options
    if (this.#ended) return
    this.#isClosing = true
    if (!now) {
      // A program that closes in order has had what waits here. A program that never read does not need it.
      if (this.#unread.isAwaited) this.#letGo()
      this.#queue.settle()
      this.#handled.flush()
    }
    await new Promise<void>((resolve) => {
      const met = inTime(withinMs, () => {
        this.#driver.handle({ type: 'close', gracefully: false })
      })
      this.once('closed', () => {
        met()
        resolve()
      })
      this.#driver.handle({ type: 'close', gracefully: !now })
    })
  }

  /**
   * The broadcasts from now on; those since `connect`, if none was read yet. One reader at a time gets each; a second
   * one shares them.
   */
  [Symbol.asyncIterator](): AsyncIterator<Broadcast> {
    const gap = this.#unread.readerCame()
    if (gap !== undefined) setImmediate(() => this.emit('gap', gap))
    this.#iterating = true
    return this.#queue
  }

  #observe(effect: ClientEffect): void {
    switch (effect.type) {
      case 'deliver':
        return this.#deliver(effect.broadcast, effect.bytes)
      case 'settled':
        return this.#takeSend(effect.ticket)?.resolve({ id: effect.id, level: effect.level })
      case 'failed': {
        const error = effect.mayHaveHappened ? new MaybePublished(effect.info) : new NotPublished(effect.info)
        return this.#takeSend(effect.ticket)?.reject(error)
      }
      case 'report':
        return this.#report(effect.event)
      case 'stop': {
        const { error } = effect
        const failure =
          error === undefined
            ? undefined
            : error.kind === 'login-failed'
              ? new LoginFailed(error.info)
              : error.kind === 'taken-over'
                ? new SessionTakenOver(error.info)
                : new Refused(error.info)
        return this.#end(failure)
      }
      default:
        return
    }
  }

  #takeSend(ticket: Ticket): OpenSend | undefined {
    const send = this.#sends.get(ticket)
    this.#sends.delete(ticket)
    send?.met()
    return send
  }

  #deliver(
    { activity, user, timestamp, index, epoch, publisher, n, own }: PositionedBroadcast,
    bytes: number,
  ): void {
    const time = new Date(unixMsOfTimestamp(timestamp))
    const broadcast: Broadcast = {
      activity,
      user: user === '' ? anonymous : user,
      time,
      timestamp,
      index,
      epoch,
      publisher,
      n,
      own,
    }
    if (this.#unread.isAwaited && !this.#isClosing) {
      this.#queue.push(broadcast, bytes)
      return this.#letGoIfFull()
    }
    const isHeard = this.emit('broadcast', broadcast)
    if (this.#iterating) this.#queue.push(broadcast, bytes)
    // What no listener wants is handled, too; but not what comes when the program is on its way out.
    else if (isHeard || !this.#isClosing) this.#handled.done(broadcast)
    if (!isHeard && !this.#iterating) this.#unread.letGo(broadcast)
  }

  /** Listeners count as the first reader: they get what has waited for it. */
  #giveToListeners(): void {
    while (this.#unread.isAwaited && this.listenerCount('broadcast') > 0) {
      const broadcast = this.#queue.take()
      if (broadcast === undefined) {
        this.#unread.readerCame()
        return
      }
      try {
        this.emit('broadcast', broadcast)
        this.#handled.done(broadcast)
      } catch (error) {
        // The program hears of the exception, and the other listeners still get the broadcast.
        process.nextTick(() => {
          throw error
        })
      }
    }
  }

  #letGoIfFull(): void {
    if (this.#unread.isAwaited && this.#unread.isWaitOver && this.#queue.isFull) this.#letGo()
  }

  /** The program does not read: what waits counts as handled, and so does what comes. */
  #letGo(): void {
    this.#unread.giveUp()
    for (const broadcast of this.#queue.drop()) {
      this.#unread.letGo(broadcast)
      this.#handled.done(broadcast)
    }
  }

  #report(event: ClientEvent): void {
    switch (event.event) {
      case 'online':
        this.#server = event.server
        this.emit('connected', event.server, { resumed: event.resumed })
        return
      case 'offline':
        this.emit('disconnected', event.server, event.info)
        return
      case 'gap': {
        const gap = { from: event.from, to: event.to, missed: event.missed }
        if (this.#server !== undefined) this.emit('gap', gap)
        // A program that still awaits the connection cannot listen yet.
        else setImmediate(() => this.emit('gap', gap))
        return
      }
      case 'presence': {
        const { username, online, timestamp } = event
        const time = timestamp === undefined ? undefined : new Date(unixMsOfTimestamp(timestamp))
        this.emit('presence', { username, online, time })
        return
      }
      case 'warning':
        this.emit('warning', event.info)
        return
      case 'redirected':
        this.emit('redirected', event.to)
        return
    }
  }

  #end(error: Error | undefined): void {
    this.#ended = true
    this.#error = error
    this.#unread.end()
    this.#queue.end(error)
    this.emit('closed', error)
  }

  /** Why the connection ended, if it was not asked to. */
  get error(): Error | undefined {
    return this.#error
  }
}
