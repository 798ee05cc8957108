/**
 * Our own messages: numbered 1, 2, 3…, kept until they are logged and a while longer, so that any server can be given
 * what it has not got.
 *
 * A number is given at once, since the order of publishing is the order of the numbers; what does not fit into the
 * window yet, or has no server yet, waits under its number. Numbers mean something together with the session only, so
 * a new session numbers anew what was never sent.
 */
import type { AckLevel, Activity } from '@jwp/protocol'
import type { Ticket } from './inputs.js'
import type { ClientLimits } from './options.js'

export interface OwnMessage {
  readonly ticket: Ticket
  readonly activity: Activity
  /** Length of its JSON. */
  readonly bytes: number
}

export interface NumberedMessage {
  readonly id: number
  readonly activity: Activity
}

export interface Settlement {
  readonly ticket: Ticket
  readonly id: number
  readonly level: AckLevel
}

/** What had not settled when it was given up, in the order of publishing. */
export interface Abandoned {
  /** These may have been published. */
  readonly sent: readonly OwnMessage[]
  readonly unsent: readonly OwnMessage[]
}

export class OwnMessages {
  readonly #limits: ClientLimits
  /** `#kept[0]` has the number `#firstId`; rising without gaps. */
  #kept: OwnMessage[] = []
  #firstId = 1
  /** All up to here have a log position at the current server. */
  #loggedUpTo = 0
  /** All up to here were sent on this connection, or are logged. */
  #sentUpTo = 0
  /** All up to here were sent on some connection. */
  #everSentUpTo = 0
  #settledUpTo = 0
  /** Of all that are kept, and of those that were never sent. */
  #keptBytes = 0
  #unsentBytes = 0
  /** Of those between #loggedUpTo and #sentUpTo. */
  #flyingBytes = 0

  constructor(limits: ClientLimits) {
    this.#limits = limits
  }

  get #lastId(): number {
    return this.#firstId + this.#kept.length - 1
  }

  /** Nothing waits for its acknowledgement. */
  get isSettled(): boolean {
    return this.#settledUpTo === this.#lastId
  }

  /** Sent on this connection, and not yet in the log. */
  get isInFlight(): boolean {
    return this.#sentUpTo > this.#loggedUpTo
  }

  /** False: too many wait already. */
  add(message: OwnMessage): boolean {
    const { windowSize, maxWaiting, maxWaitingBytes } = this.#limits
    const unsent = this.#lastId - this.#everSentUpTo
    const unsettled = this.#lastId - this.#settledUpTo
    if (unsent >= maxWaiting || unsettled >= windowSize + maxWaiting) return false
    if (unsent > 0 && this.#unsentBytes + message.bytes > maxWaitingBytes) return false
    this.#kept.push(message)
    this.#keptBytes += message.bytes
    this.#unsentBytes += message.bytes
    return true
  }

  /** What the window has room for. It counts as sent. */
  takeForWindow(): NumberedMessage[] {
    const { windowSize, windowBytes } = this.#limits
    const end = Math.min(this.#lastId, this.#loggedUpTo + windowSize)
    const taken: NumberedMessage[] = []
    while (this.#sentUpTo < end && (this.#flyingBytes < windowBytes || !this.isInFlight)) {
      const id = ++this.#sentUpTo
      const { activity, bytes } = this.#messageOf(id)
      this.#flyingBytes += bytes
      if (id > this.#everSentUpTo) {
        this.#everSentUpTo = id
        this.#unsentBytes -= bytes
      }
      taken.push({ id, activity })
    }
    return taken
  }

  /**
   * The caller no longer waits for this one. `unsent`: it is taken back, and will never be published. `sent`: it
   * stays under way. Undefined: it has settled, or is unknown here.
   */
  withdraw(ticket: Ticket): 'unsent' | 'sent' | undefined {
    const at = this.#placeOf(ticket)
    const id = this.#firstId + at
    if (this.#kept[at]?.ticket !== ticket || id <= this.#settledUpTo) return undefined
    if (id <= this.#everSentUpTo) return 'sent'
    const [message] = this.#kept.splice(at, 1)
    this.#keptBytes -= message!.bytes
    this.#unsentBytes -= message!.bytes
    return 'unsent'
  }

  /** Whether a server whose log has this client's messages below `expect` can be given the rest. */
  canResumeAt(expect: number): boolean {
    return expect >= this.#firstId && expect <= this.#everSentUpTo + 1
  }

  /**
   * A connection begins at a server whose log has this client's messages below `expect`: the rest is to be sent
   * again.
   */
  resumeAt(expect: number): void {
    this.#loggedUpTo = expect - 1
    this.#sentUpTo = expect - 1
    this.#flyingBytes = 0
    this.#forgetOld()
  }

  /** All up to `id` have a log position. True if that is news. */
  logged(id: number): boolean {
    const upTo = Math.min(id, this.#sentUpTo)
    if (upTo <= this.#loggedUpTo) return false
    while (this.#loggedUpTo < upTo) this.#flyingBytes -= this.#messageOf(++this.#loggedUpTo).bytes
    this.#forgetOld()
    return true
  }

  /** All up to `id` are as safe as was asked for, by reaching `level`. Returns those that were not before. */
  settle(id: number, level: AckLevel): Settlement[] {
    const settled: Settlement[] = []
    const upTo = Math.min(id, this.#everSentUpTo)
    while (this.#settledUpTo < upTo) {
      const next = ++this.#settledUpTo
      settled.push({ ticket: this.#kept[next - this.#firstId]!.ticket, id: next, level })
    }
    if (settled.length > 0) this.#forgetOld()
    return settled
  }

  /** The session is given up. What was never sent is kept, and numbered anew. */
  renumber(): Abandoned {
    const open = this.#unsettled()
    this.#kept = [...open.unsent]
    this.#firstId = 1
    this.#loggedUpTo = this.#sentUpTo = this.#everSentUpTo = this.#settledUpTo = 0
    this.#flyingBytes = 0
    this.#keptBytes = this.#unsentBytes = sumOfBytes(open.unsent)
    return open
  }

  /** The end. */
  abandon(): Abandoned {
    const open = this.#unsettled()
    this.#settledUpTo = this.#everSentUpTo = this.#lastId
    return open
  }

  #unsettled(): Abandoned {
    const firstOpen = this.#settledUpTo + 1 - this.#firstId
    const firstUnsent = this.#everSentUpTo + 1 - this.#firstId
    return { sent: this.#kept.slice(firstOpen, firstUnsent), unsent: this.#kept.slice(firstUnsent) }
  }

  /** Tickets rise. */
  #placeOf(ticket: Ticket): number {
    let low = 0
    let high = this.#kept.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#kept[middle]!.ticket < ticket) low = middle + 1
      else high = middle
    }
    return low
  }

  #messageOf(id: number): OwnMessage {
    return this.#kept[id - this.#firstId]!
  }

  /** In steps, so that forgetting does not move the list for each message. What has not settled is never forgotten. */
  #forgetOld(): void {
    const { keptAfterLogged, keptBytesAfterLogged } = this.#limits
    const mayForgetUpTo = Math.min(this.#loggedUpTo, this.#settledUpTo)
    let forgetUpTo = Math.min(this.#loggedUpTo - keptAfterLogged, mayForgetUpTo)
    if (forgetUpTo - this.#firstId + 1 <= keptAfterLogged / 8) forgetUpTo = this.#firstId - 1
    let keptBytes =
      this.#keptBytes - sumOfBytes(this.#kept.slice(0, Math.max(0, forgetUpTo - this.#firstId + 1)))
    while (keptBytes > keptBytesAfterLogged && forgetUpTo < mayForgetUpTo)
      keptBytes -= this.#messageOf(++forgetUpTo).bytes
    const count = forgetUpTo - this.#firstId + 1
    if (count <= 0) return
    this.#kept.splice(0, count)
    this.#keptBytes = keptBytes
    this.#firstId += count
  }
}

function sumOfBytes(messages: readonly OwnMessage[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes, 0)
}
