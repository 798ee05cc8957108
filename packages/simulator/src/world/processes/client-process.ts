/** A client program on a host of its own. Two kinds of clients are made of this; checkers see no difference. */
import type { AckLevel, LogIndex, PublisherId, SessionToken } from '@jwp/protocol'
import type { SeenBy } from '../surroundings.js'
import type { Delivery } from './delivery.js'
import type { LineSocket } from './line-socket.js'

export interface ClientProcessOptions {
  readonly name: string
  /** `host:port` of servers to try, in this order, at first and when nothing better is known. */
  readonly servers: readonly string[]
  readonly ackLevel: AckLevel
  /** Mean time between two messages; undefined: only listens. */
  readonly publishEveryMs: number | undefined
  /** Library and plain clients: the name that it registers. Undefined: anonymous. */
  readonly username?: string | undefined
  /** Library clients: a longer line it cannot take. */
  readonly mostLineBytes?: number | undefined
}

/** What can be seen of any client. */
export interface ClientWatch {
  clientStarted(client: ClientProcess): void
  clientEnded(client: ClientProcess): void
  clientPublished(client: ClientProcess, n: number): void
  clientDelivered(client: ClientProcess, delivery: Delivery): void
  clientMissed(client: ClientProcess, from: LogIndex, to: LogIndex): void
  clientComplains(client: ClientProcess, info: string): void
}

/** @typeParam Watch what can be seen of this kind of client */
export abstract class ClientProcess<Watch extends ClientWatch = ClientWatch> {
  readonly options: ClientProcessOptions
  protected readonly parts: SeenBy<Watch>
  isAlive = false
  /** Secret half of its session, once it has one that anonymous others may show. */
  session: SessionToken | undefined
  /** Another program shows its session, too: it may be taken over. */
  isShared = false
  /** Public half of its session, once it has one. */
  publisher: PublisherId | undefined
  /** Where it is logged in now. */
  endpoint: string | undefined
  /** The last index of the log that it has been told of. */
  position: LogIndex = 0
  /** Messages are numbered 1, 2, 3… in the order in which they were published. */
  published = 0
  readonly #seen = new Map<PublisherId, number>()
  #isPublishing = false

  constructor(parts: SeenBy<Watch>, options: ClientProcessOptions) {
    this.parts = parts
    this.options = options
  }

  get host(): string {
    return this.options.name
  }

  get isLoggedIn(): boolean {
    return this.endpoint !== undefined
  }

  abstract get unacknowledged(): number

  /** Not logged in for the first time yet: a message would have no session to belong to. */
  protected get mayPublish(): boolean {
    return this.publisher !== undefined
  }

  /** What it still lacks when the log is visible up to here; undefined: nothing. */
  whyWaiting(visible: LogIndex): string | undefined {
    if (!this.isLoggedIn) return 'is not logged in'
    if (this.unacknowledged > 0) return `waits for the acknowledgement of ${this.unacknowledged} messages`
    return this.position < visible ? `has got ${this.position} of ${visible}` : undefined
  }

  highestSeen(publisher: PublisherId): number {
    return this.#seen.get(publisher) ?? 0
  }

  start(): void {
    this.isAlive = true
    this.#isPublishing = this.options.publishEveryMs !== undefined
    this.parts.observers.clientStarted(this)
    this.begin()
    this.#publishLater()
  }

  crash(): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.end()
    this.endpoint = undefined
    this.parts.observers.clientEnded(this)
  }

  stopPublishing(): void {
    this.#isPublishing = false
  }

  publish(text?: string): void {
    const n = ++this.published
    this.parts.observers.clientPublished(this, n)
    this.say(n, text ?? `${this.options.name} says ${n}`)
  }

  /** Leaves what arrives in its socket unread, until the returned function is called. */
  stopReading(): () => void {
    const { socket } = this
    socket?.pause()
    return () => socket?.resume()
  }

  protected abstract get socket(): LineSocket | undefined
  protected abstract begin(): void
  /** SIGKILL: connections break, nothing is said any more. */
  protected abstract end(): void
  protected abstract say(n: number, text: string): void

  /** Publishes what is given, if it is able to. */
  publishIfItCan(text: (n: number) => string): void {
    if (this.isAlive && this.mayPublish) this.publish(text(this.published + 1))
  }

  /** To be called with each activity that was not seen before. */
  protected delivered(delivery: Delivery): void {
    this.#seen.set(delivery.publisher, delivery.n)
    this.parts.observers.clientDelivered(this, delivery)
  }

  /** These positions of the log are kept no longer. */
  protected missed(from: LogIndex, to: LogIndex): void {
    this.parts.observers.clientMissed(this, from, to)
  }

  protected complain(info: string): void {
    this.parts.observers.clientComplains(this, info)
  }

  #publishLater(): void {
    const mean = this.options.publishEveryMs
    if (mean === undefined) return
    this.parts.queue.after(this.parts.random.between(0.2, 1.8) * mean, () => {
      if (!this.#isPublishing || !this.isAlive) return
      if (this.mayPublish) this.publish()
      this.#publishLater()
    })
  }
}
