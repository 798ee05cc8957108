/**
 * The applied log on its way to clients.
 *
 * All clients that are up to date share a stream: what one turn releases becomes one buffer, written to each of
 * them. A client that is not (just resumed, or its socket is full) has a stream of its own, reads the log from its
 * own position at its own pace, and joins the shared one when it has caught up. So nothing is dropped, and nothing
 * piles up in memory for a client that does not read.
 */
import type { ClientId, LogEntry, LogIndex, PublisherId } from '@jwp/protocol'
import { maxBatchBytes, noPublisher } from '@jwp/protocol'
import type { Parts } from '../parts.js'

/** Plain clients get finished lines; those with `resume` get each line with its place in the log. */
export type StreamFormat = 'plain' | 'placed'

interface Stream {
  readonly format: StreamFormat
  /** Everything up to here was delivered. */
  cursor: LogIndex
  /**
   * Delivered before the log was cut under these clients, by publisher's highest n: skipped when it comes again
   * elsewhere in the log. Clients with `resume` do this themselves.
   */
  had: ReadonlyMap<PublisherId, number> | undefined
  readonly clients: Set<ClientId>
  blocked: boolean
}

export class Streams {
  readonly #parts: Parts
  #streams: Stream[] = []
  readonly #byClient = new Map<ClientId, Stream>()
  #hasMore = false
  #nextDeliveryMs = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Some stream has more to read and may write: another turn is wanted at once. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  join(client: ClientId, format: StreamFormat, after: LogIndex): void {
    this.leave(client)
    this.#add({ format, cursor: after, had: undefined, clients: new Set([client]), blocked: false })
  }

  leave(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream === undefined) return
    this.#byClient.delete(client)
    stream.clients.delete(client)
    if (stream.clients.size === 0) this.#streams = this.#streams.filter((other) => other !== stream)
  }

  /** Its socket is full: from here on it reads at its own pace. */
  blocked(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream === undefined || stream.blocked) return
    const { format, cursor, had } = stream
    this.leave(client)
    this.#add({ format, cursor, had, clients: new Set([client]), blocked: true })
  }

  drained(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream !== undefined) stream.blocked = false
  }

  /** Its socket is full: what is only an answer can wait, or need not be given. */
  isBlocked(client: ClientId): boolean {
    return this.#byClient.get(client)?.blocked === true
  }

  /** How far this client was served. */
  position(client: ClientId): LogIndex | undefined {
    return this.#byClient.get(client)?.cursor
  }

  /** Applied entries were cut: those who had them must not get them twice, and must know where they stand. */
  cutTo(end: LogIndex, cut: readonly LogEntry[]): void {
    const epoch = this.#parts.log.epochAt(end)
    for (const stream of this.#streams) {
      if (stream.cursor <= end) continue
      if (stream.format === 'plain') {
        const had = new Map(stream.had)
        for (const { publisher, n } of cut.slice(0, stream.cursor - end)) {
          if (publisher !== noPublisher) had.set(publisher, Math.max(n, had.get(publisher) ?? 0))
        }
        stream.had = had
      } else if (epoch !== undefined) {
        for (const client of stream.clients)
          this.#parts.outbox.tell(client, { command: 'EPOCH', epoch, index: end })
      }
      stream.cursor = end
    }
  }

  /** The log starts over from somebody's baseline, of which only this much is ours, too. */
  restartAt(common: LogIndex): void {
    for (const stream of this.#streams) stream.cursor = Math.min(stream.cursor, common)
  }

  /** End of a turn. */
  flush(): void {
    const { commitment, time, options } = this.#parts
    this.#hasMore = false
    if (options.timing.deliverEveryMs > 0) {
      if (time.nowMs < this.#nextDeliveryMs) return
      this.#nextDeliveryMs = time.nowMs + options.timing.deliverEveryMs
    }
    for (const stream of [...this.#streams]) {
      if (stream.blocked || stream.cursor >= commitment.applied) continue
      this.#deliver(stream, commitment.applied)
      if (stream.cursor < commitment.applied) this.#hasMore = true
    }
    this.#unite()
  }

  nextDeadlineMs(): number | undefined {
    if (this.#parts.options.timing.deliverEveryMs === 0) return undefined
    const { applied } = this.#parts.commitment
    return this.#streams.some((stream) => !stream.blocked && stream.cursor < applied)
      ? this.#nextDeliveryMs
      : undefined
  }

  #deliver(stream: Stream, applied: LogIndex): void {
    const { log, outbox } = this.#parts
    if (stream.cursor < log.base) this.#tellGap(stream, log.base)
    const lines: Uint8Array[] = []
    let bytes = 0
    while (stream.cursor < applied && bytes < maxBatchBytes) {
      const entry = log.at(stream.cursor + 1)
      if (entry === undefined) break
      stream.cursor++
      bytes += this.#addLines(lines, stream, entry)
    }
    if (lines.length > 0) outbox.push({ type: 'deliver', clients: [...stream.clients], lines })
    if (stream.had !== undefined && stream.cursor === applied) this.#forgetHad(stream)
  }

  #addLines(lines: Uint8Array[], stream: Stream, entry: LogEntry): number {
    const { platform } = this.#parts
    if (entry.kind === 'activity') {
      if ((stream.had?.get(entry.publisher) ?? 0) >= entry.n) return 0
      if (stream.format === 'plain') {
        lines.push(entry.body)
        return entry.body.length
      }
      const { epoch, timestamp, publisher, n, body } = entry
      const place = `,"epoch":${JSON.stringify(epoch)},"index":${stream.cursor},"timestamp":${timestamp},"publisher":${JSON.stringify(publisher)},"n":${n}}\n`
      const tail = platform.encodeUtf8(place)
      // The finished line ends in "}\n": the place goes in before that.
      lines.push(body.subarray(0, body.length - 2), tail)
      return body.length + tail.length
    }
    if (entry.kind !== 'marker' || stream.format === 'plain') return 0
    const line = platform.encodeUtf8(
      `${JSON.stringify({ command: 'EPOCH', epoch: entry.epoch, index: stream.cursor })}\n`,
    )
    lines.push(line)
    return line.length
  }

  /** The retention has passed these clients by. */
  #tellGap(stream: Stream, base: LogIndex): void {
    const { outbox, sessions, log } = this.#parts
    const from = stream.cursor + 1
    const missed = log.activitiesBetween(stream.cursor, base)
    stream.cursor = base
    for (const client of [...stream.clients]) {
      if (stream.format === 'placed') {
        outbox.tell(client, { command: 'GAP', from, to: base, missed })
        const epoch = this.#parts.log.epochAt(base)
        if (epoch !== undefined) outbox.tell(client, { command: 'EPOCH', epoch, index: base })
        continue
      }
      if (missed === 0) continue
      outbox.tell(client, { command: 'INVALID_MESSAGE', info: `missed ${missed} activities` })
      const state = sessions.get(client)
      if (state !== undefined) sessions.hangUp(state)
    }
  }

  #forgetHad(stream: Stream): void {
    for (const [publisher, n] of stream.had!) if (this.#parts.sessions.appliedNumber(publisher) < n) return
    stream.had = undefined
  }

  /** Streams that stand at the same place become one. */
  #unite(): void {
    if (this.#streams.length < 2) return
    const shared = new Map<string, Stream>()
    const apart = this.#streams.filter((stream) => {
      if (stream.blocked || stream.had !== undefined) return true
      const key = `${stream.format} ${stream.cursor}`
      const first = shared.get(key)
      if (first === undefined) {
        shared.set(key, stream)
        return true
      }
      for (const client of stream.clients) {
        first.clients.add(client)
        this.#byClient.set(client, first)
      }
      return false
    })
    this.#streams = apart
  }

  #add(stream: Stream): void {
    this.#streams.push(stream)
    for (const client of stream.clients) this.#byClient.set(client, stream)
  }
}
