/** The twin of a net link inside one process: a queue in each direction, delivered on a later turn. */
import { PackedMessage } from '@jwp/protocol'
import type { Link } from './link.js'

/** A frame on its way, or the word that the other end has closed. */
type InFlight = readonly unknown[] | 'end'

export class MemoryLink implements Link {
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly remoteHost = '127.0.0.1'
  readonly #highWaterMessages: number
  #other!: MemoryLink
  #queued: unknown[] = []
  /** On its way to this end. */
  #arriving: InFlight[] = []
  #arrivingMessages = 0
  #delivered = 0
  #isDelivering = false
  #isStalled = false
  #blocked = false
  #closed = false

  private constructor(highWaterMessages: number) {
    this.#highWaterMessages = highWaterMessages
  }

  /** Both ends of one link. An end is blocked while more than `highWaterMessages` of its messages are on their way. */
  static pair(highWaterMessages = 10_000): [MemoryLink, MemoryLink] {
    const [a, b] = [new MemoryLink(highWaterMessages), new MemoryLink(highWaterMessages)]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  get blocked(): boolean {
    return this.#blocked
  }

  get progress(): number {
    return this.#delivered
  }

  trust(): void {
    // Nothing here is ever too long.
  }

  send(message: unknown): void {
    // The other end must never see a change that is made here afterwards.
    if (this.#closed) return
    this.#queued.push(message instanceof PackedMessage ? message.toBytes() : structuredClone(message))
  }

  flush(): void {
    if (this.#closed || this.#queued.length === 0) return
    const messages = this.#queued
    this.#queued = []
    this.#other.#arrive(messages)
    if (this.#blocked || this.#other.#arrivingMessages <= this.#highWaterMessages) return
    this.#blocked = true
    this.onBlocked?.()
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    if (this.#closed) return
    this.#closed = true
    this.#arriving = []
    this.#other.#arrive('end')
  }

  /** This end stops reading, as a process does that is busy or asleep. */
  stall(): void {
    this.#isStalled = true
  }

  resume(): void {
    this.#isStalled = false
    this.#deliverSoon()
  }

  /** The network breaks between the two: what is on its way is lost, and both ends get `closed`. */
  cut(): void {
    for (const end of [this, this.#other]) {
      end.#isStalled = false
      end.#arriving = []
      end.#arrive('end')
    }
  }

  #arrive(frame: InFlight): void {
    if (this.#closed) return
    this.#arriving.push(frame)
    if (frame !== 'end') this.#arrivingMessages += frame.length
    this.#deliverSoon()
  }

  #deliverSoon(): void {
    if (this.#isDelivering || this.#isStalled || this.#arriving.length === 0) return
    this.#isDelivering = true
    setImmediate(() => {
      this.#isDelivering = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (!this.#isStalled && !this.#closed) {
      const frame = this.#arriving.shift()
      if (frame === undefined) break
      if (frame === 'end') this.#end()
      else {
        this.#arrivingMessages -= frame.length
        this.#delivered += frame.length
        this.onMessages?.(frame)
      }
    }
    if (this.#arriving.length === 0) this.#other.#drained()
  }

  #drained(): void {
    if (!this.#blocked) return
    this.#blocked = false
    if (!this.#closed) this.onDrained?.()
  }

  #end(): void {
    this.#closed = true
    this.#arriving = []
    this.#queued = []
    this.onClosed?.('the other end closed')
  }
}
