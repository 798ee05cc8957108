/**
 * The applied log on its way to clients.
 *
 * All clients that are up to date share a stream: what one turn releases becomes one buffer, written to each of
 * them. A client that is not (just resumed, or its socket is full) has a stream of its own, reads the log from its
 * own position at its own pace, and joins the shared one when it has caught up. So nothing is dropped, and nothing
 * piles up in memory for a client that does not read.
 */
import type {
  ClientId,
  Epoch,
  LogEntry,
  LogIndex,
  LogRun,
  PublisherId,
  ServerCommand,
  Platform,
} from '@jwp/protocol'
import { commandLine, maxBatchBytes, noPublisher, placeAfter } from '@jwp/protocol'
import type { LogProjection, Restart } from '../projections/log-projection.js'
import type { ClientState } from './client-state.js'
import { DeliveryTimes } from './delivery-times.js'
import type { SessionListener } from './session-listener.js'
import { onlineList } from '../presence/online-list.js'
import { countBacklog } from '../presence/backlog.js'
import type { TurnTime } from '../turn-time.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Commit } from '../log/commit.js'
import type { ServerOptions } from '../options.js'
import type { Presence } from '../projections/presence.js'
import type { Sessions } from './sessions.js'

export interface FanOutNeeds {
  readonly time: TurnTime
  readonly log: Pick<Log, 'activitiesBetween' | 'base' | 'epochAt' | 'lineageUpTo' | 'runFrom' | 'skippedAt'>
  readonly outbox: Pick<Outbox, 'push' | 'sendToClient'>
  readonly commit: Pick<Commit, 'applied'>
  readonly options: Pick<ServerOptions, 'timing'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
  readonly presence: Pick<Presence, 'at' | 'changesAt' | 'online'>
  readonly sessions: Pick<Sessions, 'appliedNumber' | 'get' | 'close'>
}

/** Plain clients get finished lines; those with `resume` get each line with its log position. */
export type StreamFormat = 'plain' | 'positioned'

export interface Subscription {
  readonly format: StreamFormat
  /** PRESENCE is sent for changes after this position; undefined: it is not sent. */
  readonly presenceAfter?: LogIndex | undefined
  /** Delivery begins after this place… */
  readonly after: LogIndex
  /** …and leaves these out: from after the one index to the other. */
  readonly skippedRanges?: readonly (readonly [from: LogIndex, to: LogIndex])[]
}

interface Stream {
  readonly format: StreamFormat
  /**
   * PRESENCE is sent for changes after this position, at which the whole list was sent; undefined: it is not sent.
   */
  presenceAfter: LogIndex | undefined
  /** Presence sent to these clients may be stale; send the list again. */
  isListDue: boolean
  /** Everything up to here was delivered. */
  cursor: LogIndex
  /** Where the cursor was before the last write: if the socket was full, that is still in it. */
  before: LogIndex
  /** The furthest that the cursor has been: the log may have been cut since. */
  furthest: LogIndex
  /** Ranges that are not delivered: from after the one index to the other, rising. */
  skippedRanges: readonly (readonly [from: LogIndex, to: LogIndex])[]
  /**
   * Delivered before the log was cut under these clients, by publisher's highest n: skipped when it comes again
   * elsewhere in the log. Clients with `resume` do this themselves.
   */
  had: ReadonlyMap<PublisherId, number> | undefined
  readonly clients: Set<ClientId>
  blocked: boolean
  /** When what was written. */
  readonly times: DeliveryTimes
}

export class FanOut implements LogProjection, SessionListener {
  readonly #needs: FanOutNeeds
  #streams: Stream[] = []
  readonly #byClient = new Map<ClientId, Stream>()
  /** Of clients that have come to a shared stream lately: until when they had another one, and its times. */
  readonly #timesBefore = new Map<ClientId, { readonly untilMs: number; readonly times: DeliveryTimes }>()
  #hasMore = false
  #nextDeliveryMs = 0
  /** Clients that the retention has passed by, and what they missed all together. */
  gapsSent = 0
  activitiesMissed = 0

  constructor(needs: FanOutNeeds) {
    this.#needs = needs
  }

  /** Some stream has more to read and may write: another turn is wanted at once. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** Clients whose sockets are full. */
  get blockedCount(): number {
    let count = 0
    for (const { blocked, clients } of this.#streams) if (blocked) count += clients.size
    return count
  }

  join(client: ClientId, { format, presenceAfter, after, skippedRanges = [] }: Subscription): void {
    this.leave(client)
    const clients = new Set([client])
    this.#add({
      format,
      presenceAfter,
      isListDue: false,
      cursor: after,
      before: after,
      furthest: after,
      skippedRanges,
      had: undefined,
      clients,
      blocked: false,
      times: new DeliveryTimes(after),
    })
  }

  clientLeft({ id }: ClientState): void {
    this.leave(id)
  }

  leave(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream === undefined) return
    this.#byClient.delete(client)
    this.#timesBefore.delete(client)
    stream.clients.delete(client)
    if (stream.clients.size === 0) this.#streams = this.#streams.filter((other) => other !== stream)
  }

  /** Its socket is full: from here on it reads at its own pace. */
  blocked(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream === undefined || stream.blocked) return
    const times = this.#timesOf(client, stream).copy()
    this.leave(client)
    this.#add({ ...stream, clients: new Set([client]), blocked: true, times })
  }

  drained(client: ClientId): void {
    const stream = this.#byClient.get(client)
    if (stream === undefined) return
    // What waited has only now left us.
    stream.times.cutTo(stream.before)
    stream.times.wrote(stream.cursor, this.#needs.time.nowMs)
    stream.blocked = false
    stream.before = stream.cursor
  }

  /** Its socket is full: what is only an answer can wait, or need not be given. */
  isBlocked(client: ClientId): boolean {
    return this.#byClient.get(client)?.blocked === true
  }

  /** How far this client was served. */
  position(client: ClientId): LogIndex | undefined {
    return this.#byClient.get(client)?.cursor
  }

  /** The highest place that this client was ever served, in a log that may have been cut since. */
  furthest(client: ClientId): LogIndex {
    const stream = this.#byClient.get(client)
    return stream === undefined ? 0 : Math.max(stream.furthest, stream.cursor)
  }

  /** As `position`, without what is known to wait in its socket. 0: it has no stream. */
  writtenUpTo(client: ClientId): LogIndex {
    const stream = this.#byClient.get(client)
    return stream === undefined ? 0 : stream.blocked ? stream.before : stream.cursor
  }

  /**
   * Of `writtenUpTo` what was written long enough ago for a reading client to have read it: a client that is reset
   * after that has not read for that long.
   */
  settledUpTo(client: ClientId): LogIndex {
    const stream = this.#byClient.get(client)
    if (stream === undefined) return 0
    const settled = this.#timesOf(client, stream).settledAt(this.#needs.time.nowMs)
    return Math.min(settled, this.writtenUpTo(client))
  }

  /** Clients were told of logins or logouts that did not happen, or happened later. */
  presenceWasCut(): void {
    for (const stream of this.#streams) stream.isListDue = stream.presenceAfter !== undefined
  }

  /**
   * Applied entries were truncated. Clients that had them must not get them twice, and must know their new position.
   */
  cutTo(end: LogIndex, cut: readonly LogRun[]): void {
    const epoch = this.#needs.log.epochAt(end)
    for (const { times } of this.#timesBefore.values()) times.cutTo(end)
    for (const stream of this.#streams) {
      stream.times.cutTo(end)
      stream.before = Math.min(stream.before, end)
      if (stream.presenceAfter !== undefined) stream.presenceAfter = Math.min(stream.presenceAfter, end)
      stream.skippedRanges = stream.skippedRanges
        .filter(([from]) => from < end)
        .map(([from, to]) => [from, Math.min(to, end)] as const)
      if (stream.cursor <= end) continue
      stream.furthest = Math.max(stream.furthest, stream.cursor)
      if (stream.format === 'plain') {
        const had = new Map(stream.had)
        let left = stream.cursor - end
        for (const { publisher, firstN, count } of cut) {
          const n = firstN + Math.min(count, left) - 1
          if (left > 0 && publisher !== noPublisher) had.set(publisher, Math.max(n, had.get(publisher) ?? 0))
          left -= count
        }
        stream.had = had
      } else if (epoch !== undefined) this.#sendCut(stream, epoch, end)
      stream.cursor = end
    }
  }

  applyActivities(): void {
    // Entries are read from the log at the end of the turn, at the pace of each client.
  }

  apply(): void {
    // As above.
  }

  endApply(): void {
    // As above.
  }

  settle(): void {
    // Only places are kept.
  }

  endRestart(): void {
    // Delivery continues from the positions that `restart` left.
  }

  restart({ common, droppedBefore }: Restart): void {
    const dropped = new Map(droppedBefore)
    const { base } = this.#needs.log
    const epoch = this.#needs.log.epochAt(common)
    for (const { times } of this.#timesBefore.values()) times.cutTo(common)
    for (const stream of this.#streams) {
      stream.times.cutTo(common)
      if (stream.format === 'positioned' && stream.cursor > common && epoch !== undefined)
        this.#sendCut(stream, epoch, common)
      // What was dropped here, after they had it, may come again in other places of the new log.
      if (stream.format === 'plain' && stream.cursor > common && stream.cursor >= base) {
        const had = new Map(dropped)
        for (const [publisher, n] of stream.had ?? [])
          had.set(publisher, Math.max(n, had.get(publisher) ?? 0))
        stream.had = had
      }
      stream.furthest = Math.max(stream.furthest, stream.cursor)
      stream.cursor = Math.min(stream.cursor, common)
      stream.before = Math.min(stream.before, common)
      stream.skippedRanges = []
      stream.isListDue = stream.presenceAfter !== undefined
    }
  }

  #sendCut(stream: Stream, epoch: Epoch, index: LogIndex): void {
    for (const client of stream.clients)
      this.#needs.outbox.sendToClient(client, { command: 'EPOCH', epoch, index })
  }

  /** End of a turn. */
  flush(): void {
    const { commit, time, options } = this.#needs
    this.#hasMore = false
    this.#forgetTimes()
    if (options.timing.deliverEveryMs > 0) {
      if (time.nowMs < this.#nextDeliveryMs) return
      this.#nextDeliveryMs = time.nowMs + options.timing.deliverEveryMs
    }
    for (const stream of [...this.#streams]) {
      if (stream.blocked) continue
      if (stream.isListDue) this.#sendOnline(stream)
      if (stream.cursor >= commit.applied) continue
      this.#deliver(stream, commit.applied)
      stream.times.wrote(stream.cursor, time.nowMs)
      if (stream.cursor < commit.applied) this.#hasMore = true
    }
    this.#unite()
  }

  nextDeadlineMs(): number | undefined {
    if (this.#needs.options.timing.deliverEveryMs === 0) return undefined
    const { applied } = this.#needs.commit
    return this.#streams.some((stream) => !stream.blocked && stream.cursor < applied)
      ? this.#nextDeliveryMs
      : undefined
  }

  #deliver(stream: Stream, applied: LogIndex): void {
    const { log } = this.#needs
    stream.before = stream.cursor
    if (stream.cursor < log.base) this.#sendGap(stream, log.base)
    let lines: Uint8Array[] = []
    let bytes = 0
    while (stream.cursor < applied && bytes < maxBatchBytes && stream.clients.size > 0) {
      const hole = stream.skippedRanges[0]
      if (hole !== undefined && stream.cursor >= hole[0]) {
        this.#write(stream, lines)
        lines = []
        this.#jump(stream, hole[1])
        continue
      }
      const to = Math.min(applied, hole === undefined ? applied : hole[0])
      const run = log.runFrom(stream.cursor + 1, to)
      if (run.kind === 'activity') bytes += this.#addActivities(lines, stream, run, maxBatchBytes - bytes)
      else if (run.kind === 'skip') {
        stream.cursor++
        // It tells of a gap, which belongs between what comes before and after.
        this.#write(stream, lines)
        lines = []
        this.#sendSkipped(stream)
      } else {
        stream.cursor++
        bytes += this.#addWords(lines, stream, run.entryAt(0))
      }
    }
    this.#write(stream, lines)
    if (stream.had !== undefined && stream.cursor === applied) this.#forgetHad(stream)
  }

  #write(stream: Stream, lines: readonly Uint8Array[]): void {
    if (lines.length > 0) this.#needs.outbox.push({ type: 'deliver', clients: [...stream.clients], lines })
  }

  /** Lines of the next activities, up to so many bytes, at least one. @returns how many bytes they are */
  #addActivities(lines: Uint8Array[], stream: Stream, run: LogRun, maxBytes: number): number {
    const count = run.endWithin(0, maxBytes)
    const had = stream.had?.get(run.publisher) ?? 0
    const from = Math.min(count, run.countUpTo(had))
    const first = stream.cursor + 1
    stream.cursor += count
    if (from === count) return 0
    const part = run.slice(from, count)
    if (stream.format === 'plain') lines.push(part.bodies)
    else this.#addPlaced(lines, part, first + from)
    return part.byteLength
  }

  /** Each with its place: a finished line ends in "}\n", and the place goes in before that. */
  #addPlaced(lines: Uint8Array[], run: LogRun, first: LogIndex): void {
    for (let k = 0; k < run.count; k++) {
      lines.push(run.bytes.subarray(run.bodyStart(k), run.ends[k]! - 2))
      lines.push(this.#needs.platform.encodeUtf8(placeAfter(run.entryAt(k), first + k)))
    }
  }

  /** @returns how many bytes they are */
  #addWords(lines: Uint8Array[], stream: Stream, entry: LogEntry): number {
    let bytes = 0
    for (const command of this.#wordsOn(stream, entry)) {
      const line = this.#needs.platform.encodeUtf8(commandLine(command))
      lines.push(line)
      bytes += line.length
    }
    return bytes
  }

  /** The commands that an entry other than an activity causes for these clients. */
  #wordsOn(
    { format, presenceAfter, cursor: index }: Stream,
    { kind, epoch, timestamp }: LogEntry,
  ): ServerCommand[] {
    if (kind === 'marker') return format === 'positioned' ? [{ command: 'EPOCH', epoch, index }] : []
    if (presenceAfter === undefined || index <= presenceAfter) return []
    const place = format === 'positioned' ? { epoch, index } : {}
    return this.#needs.presence
      .changesAt(index)
      .map(({ username, online }) => ({ command: 'PRESENCE', username, online, timestamp, ...place }))
  }

  /** Skips what was sent while this user was away, and is not kept for it. */
  #jump(stream: Stream, to: LogIndex): void {
    const from = stream.cursor + 1
    stream.skippedRanges = stream.skippedRanges.slice(1)
    if (to <= stream.cursor) return
    stream.cursor = to
    if (stream.format === 'plain') return
    const lineage = this.#needs.log.lineageUpTo(to)
    for (const client of stream.clients)
      this.#needs.outbox.sendToClient(client, { command: 'GAP', from, to, missed: 0, lineage })
  }

  /** The retention has passed these clients by. */
  #sendGap(stream: Stream, base: LogIndex): void {
    const from = stream.cursor + 1
    const { log } = this.#needs
    const backlog = { after: stream.cursor, skippedRanges: stream.skippedRanges }
    const missed = countBacklog(backlog, base, (after, upTo) => log.activitiesBetween(after, upTo))
    stream.skippedRanges = stream.skippedRanges.filter(([, to]) => to > base)
    stream.cursor = base
    this.#sendMissed(stream, from, missed)
    // Logins and logouts in the gap are sent nowhere else.
    if (stream.presenceAfter !== undefined) this.#sendOnline(stream)
  }

  /** Sends the list as it is now. Changes before that are not sent any more, wherever the stream is. */
  #sendOnline(stream: Stream): void {
    const { platform, presence } = this.#needs
    stream.isListDue = false
    stream.presenceAfter = presence.at
    const command: ServerCommand = { command: 'ONLINE', ...onlineList(presence) }
    this.#write(stream, [platform.encodeUtf8(commandLine(command))])
  }

  /** An entry that stands for messages that are no longer kept anywhere. */
  #sendSkipped(stream: Stream): void {
    let missed = 0
    for (const [publisher, from, to] of this.#needs.log.skippedAt(stream.cursor))
      missed += Math.max(0, to - Math.max(from - 1, stream.had?.get(publisher) ?? 0))
    if (missed > 0) this.#sendMissed(stream, stream.cursor, missed)
  }

  /** From this position to the stream's cursor. */
  #sendMissed(stream: Stream, from: LogIndex, missed: number): void {
    const { outbox, sessions, log } = this.#needs
    const to = stream.cursor
    // Whole terms may lie in the gap: only we know where they ended.
    const lineage = stream.format === 'positioned' ? log.lineageUpTo(to) : []
    this.gapsSent += stream.clients.size
    this.activitiesMissed += missed * stream.clients.size
    for (const client of [...stream.clients]) {
      if (stream.format === 'positioned') {
        outbox.sendToClient(client, { command: 'GAP', from, to, missed, lineage })
        continue
      }
      if (missed === 0) continue
      outbox.sendToClient(client, { command: 'INVALID_MESSAGE', info: `missed ${missed} activities` })
      const state = sessions.get(client)
      if (state !== undefined) sessions.close(state)
    }
  }

  #forgetHad(stream: Stream): void {
    for (const [publisher, n] of stream.had!) if (this.#needs.sessions.appliedNumber(publisher) < n) return
    stream.had = undefined
  }

  /** Streams that stand at the same place become one. */
  #unite(): void {
    if (this.#streams.length < 2) return
    const shared = new Map<string, Stream>()
    const apart = this.#streams.filter((stream) => {
      if (stream.blocked || stream.had !== undefined || stream.skippedRanges.length > 0) return true
      if (stream.isListDue || (stream.presenceAfter ?? 0) > stream.cursor) return true
      const key = `${stream.format} ${stream.presenceAfter !== undefined} ${stream.cursor}`
      const first = shared.get(key)
      if (first === undefined) {
        shared.set(key, stream)
        return true
      }
      for (const client of stream.clients) {
        if (stream.format === 'plain') this.#keepTimes(client, stream)
        first.clients.add(client)
        first.furthest = Math.max(first.furthest, stream.furthest)
        this.#byClient.set(client, first)
      }
      return false
    })
    this.#streams = apart
  }

  /** When what was written to this client: it may have come to its stream lately, and have been behind it before. */
  #timesOf(client: ClientId, { times }: Stream): DeliveryTimes {
    const before = this.#timesBefore.get(client)
    return before === undefined ? times : before.times.followedBy(times, before.untilMs)
  }

  #keepTimes(client: ClientId, stream: Stream): void {
    const times = this.#timesOf(client, stream).copy()
    // In the order in which they can be forgotten.
    this.#timesBefore.delete(client)
    this.#timesBefore.set(client, { untilMs: this.#needs.time.nowMs, times })
  }

  #forgetTimes(): void {
    const { nowMs } = this.#needs.time
    for (const [client, { untilMs }] of this.#timesBefore) {
      if (untilMs > nowMs - DeliveryTimes.settledAfterMs) return
      this.#timesBefore.delete(client)
    }
  }

  #add(stream: Stream): void {
    this.#streams.push(stream)
    for (const client of stream.clients) this.#byClient.set(client, stream)
  }
}
