/**
 * The users connected here: publishes in the log when they come and go, and now and then how far they have received
 * it, so that any server can continue with them where this one stopped, even if it is killed.
 */
import {
  maxBehind,
  maxConnectionsPerEntry,
  maxPositionTerms,
  type ClientId,
  type LogIndex,
  type LoginBody,
  type DeliveredBody,
  type LogoutBody,
  type LogPosition,
  type PresenceRow,
  type Platform,
} from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'
import { DeliveryTimes } from '../clients/delivery-times.js'
import type { Departure, SessionListener } from '../clients/session-listener.js'
import { earliest } from '../earliest.js'
import type { LogProjection, Restart } from '../projections/log-projection.js'
import { backlogAfter, type Backlog } from './backlog.js'
import type { Presence } from '../projections/presence.js'
import type { OwnEntries } from '../log/own-entries.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { Deadpool } from '../tree/deadpool.js'
import type { Log } from '../log/log.js'
import type { FanOut } from '../clients/fan-out.js'

export interface PresenceTrackerNeeds {
  readonly self: Pick<Self, 'publisher'>
  readonly presence: Pick<Presence, 'connectionsAt' | 'isConnected' | 'row'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'limits' | 'timing'>
  readonly deadpool: Pick<Deadpool, 'members'>
  readonly log: Pick<Log, 'activitiesBetween' | 'lineageUpTo'>
  readonly fanOut: Pick<FanOut, 'settledUpTo' | 'writtenUpTo'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
}

/** A user that is further behind the others than this does not hold back the mark for all: it is named separately. */
const farBehindEntries = 1_000
/** The bigger the tree, the more servers say how far their users are: each says it less often, in milliseconds per server. */
const confirmPerServerMs = 5

interface Local {
  readonly number: number
  readonly username: string
  readonly client: ClientState
  /** Its login is in the log. */
  logged: boolean
  /** As the client itself says, if it does. */
  confirmed: LogIndex | undefined
  /** The server ends its connection, and it is not known yet how that ends. */
  ending?: Ending
}

interface Ending {
  readonly isMoving: boolean
  /** A client that has not been reset by then counts as having read what was written. */
  readonly untilMs: number
  written: LogIndex
  /** The part of it that was written long enough ago. */
  certain: LogIndex
}

export class PresenceTracker implements LogProjection, SessionListener {
  readonly #needs: PresenceTrackerNeeds
  readonly #locals = new Map<ClientId, Local>()
  /** The server ends their connections: in that order. */
  readonly #ending = new Map<ClientId, Local>()
  /** All of both. */
  readonly #byNumber = new Map<number, Local>()
  #count = 0
  #nextConfirmMs = 0
  /** An activity was applied since the progress of the users was last published. */
  #due = false
  #said: LogIndex = 0
  #isForgotten = false

  constructor(needs: PresenceTrackerNeeds) {
    this.#needs = needs
  }

  /** Named users connected here. */
  get count(): number {
    return this.#locals.size
  }

  /**
   * A user is connected.
   * @param again it only changes its connection, and has missed nothing meanwhile
   * @param whenLogged all servers will know, and its backlog is certain
   */
  arrive(
    client: ClientState,
    username: string,
    { again, whenLogged }: { again?: true; whenLogged?: (backlog: Backlog) => void } = {},
  ): void {
    const number = ++this.#count
    const local: Local = { number, username, client, logged: false, confirmed: undefined }
    this.#locals.set(client.id, local)
    this.#byNumber.set(number, local)
    const body: LoginBody = { connections: [[number, username]], ...(again === true ? { again } : {}) }
    this.#publish('login', body, (index) => {
      local.logged = true
      whenLogged?.(this.#backlogOf(local, index))
    })
  }

  leave(client: ClientId, { isReset = false, isMoving = false, isEnding = false }: Departure = {}): void {
    const local = this.#locals.get(client)
    if (local === undefined) return
    this.#locals.delete(client)
    const [written, certain] = [this.#positionOf(local), this.#certainOf(local)]
    if (isReset || !isEnding || certain === written) return this.#left(local, isReset, isMoving)
    const untilMs = this.#needs.time.nowMs + DeliveryTimes.settledAfterMs
    local.ending = { isMoving, untilMs, written, certain }
    this.#ending.set(client, local)
  }

  /** A connection is over; of one that the server has ended the log is told only now. */
  ended(client: ClientId, isReset: boolean): void {
    const local = this.#ending.get(client)
    if (local?.ending === undefined) return
    this.#ending.delete(client)
    this.#left(local, isReset, local.ending.isMoving)
  }

  clientLeft({ id }: ClientState, departure: Departure): void {
    this.leave(id, departure)
  }

  /** Some clients have left, and the log is not told yet. */
  get isAnyEnding(): boolean {
    return this.#ending.size > 0
  }

  /** Delivery to it begins here. */
  begins(client: ClientId, at: LogIndex): void {
    this.confirmed(client, at)
  }

  /** The client says that it has handled everything up to here. */
  confirmed(client: ClientId, index: LogIndex): void {
    const local = this.#locals.get(client)
    if (local !== undefined) local.confirmed = index
  }

  applyActivities(): void {
    this.#due = true
  }

  apply(): void {
    // Only who gets activities has something to confirm.
  }

  settle(): void {
    // Nothing is kept to undo entries.
  }

  /** The users connected here are connected in any log: that is published again when the new base is complete. */
  restart({ common }: Pick<Restart, 'common'>): void {
    this.cutTo(common)
  }

  endRestart(): void {
    this.sayAgain()
  }

  cutTo(end: LogIndex): void {
    this.#said = Math.min(this.#said, end)
    for (const { ending } of this.#ending.values())
      if (ending !== undefined) {
        ending.written = Math.min(ending.written, end)
        ending.certain = Math.min(ending.certain, end)
      }
    for (const local of this.#locals.values())
      if (local.confirmed !== undefined) local.confirmed = Math.min(local.confirmed, end)
  }

  /**
   * An entry said that the users of this server are gone, or the log starts over without them: publish them again.
   */
  sayAgain(): void {
    const { presence, self } = this.#needs
    const missing = [...this.#locals.values()].filter(
      ({ logged, number }) => logged && !presence.isConnected(self.publisher, number),
    )
    for (let from = 0; from < missing.length; from += maxConnectionsPerEntry) {
      const connections = missing
        .slice(from, from + maxConnectionsPerEntry)
        .map(({ number, username }) => [number, username] as const)
      this.#publish('login', { connections, again: true } satisfies LoginBody)
    }
    // A logout that was in what is lost: how far the user had received the log went with it.
    for (const number of presence.connectionsAt(self.publisher)) {
      if (this.#byNumber.has(number)) continue
      this.#publish('logout', { connection: number, at: this.#positionAt(0) } satisfies LogoutBody)
    }
  }

  /** Entries were applied. One that has forgotten us is answered once all of them are. */
  endApply(): void {
    if (!this.#isForgotten) return
    this.#isForgotten = false
    this.sayAgain()
  }

  /** An entry says that we are gone, or stands for entries of ours that are in no log any more. */
  wasForgotten(): void {
    this.#isForgotten = true
  }

  tick(): void {
    const { time } = this.#needs
    for (const [client, { ending }] of this.#ending)
      if (ending === undefined || ending.untilMs > time.nowMs) break
      else this.ended(client, false)
    if (!this.#due || time.nowMs < this.#nextConfirmMs || this.#locals.size === 0) return
    this.#due = false
    this.#nextConfirmMs = time.nowMs + this.#confirmEveryMs()
    this.#confirm()
  }

  nextDeadlineMs(): number | undefined {
    const confirmMs = this.#due && this.#locals.size > 0 ? this.#nextConfirmMs : undefined
    const [first] = this.#ending.values()
    return earliest(confirmMs, first?.ending?.untilMs)
  }

  #confirmEveryMs(): number {
    const { options, deadpool } = this.#needs
    return options.timing.confirmEveryMs + confirmPerServerMs * deadpool.members.length
  }

  /** One mark for all, but for those far behind, or behind what was said before of the others. */
  #confirm(): void {
    const { log } = this.#needs
    const logged = [...this.#byNumber.values()].filter((local) => local.logged)
    const places = logged
      .map((local) => [local.number, this.#certainOf(local)] as const)
      .sort(([, a], [, b]) => b - a)
    if (places.length === 0) return
    const first = places[0]![1]
    // Users that do not confirm have received more by the next time.
    if (logged.some((local) => this.#certainOf(local) < this.#positionOf(local))) this.#due = true
    const near = places.filter(
      ([, at], k) =>
        (first - at <= farBehindEntries && at >= this.#said) || k < places.length - maxBehind || k === 0,
    )
    const mark = near.at(-1)![1]
    if (near.length < places.length || mark < first) this.#due = true
    if (log.activitiesBetween(this.#said, mark) === 0) return
    this.#said = mark
    const body: DeliveredBody = {
      upTo: Math.max(...logged.map((local) => local.number)),
      at: this.#positionAt(mark),
      behind: places.slice(near.length).map(([number, at]) => [number, this.#positionAt(at)] as const),
    }
    this.#publish('delivered', body)
  }

  #positionOf({ client, confirmed, ending }: Local): LogIndex {
    const { fanOut } = this.#needs
    if (ending !== undefined) return ending.written
    // A client that can confirm counts with what it has confirmed; for others only what was written is known.
    const written = fanOut.writtenUpTo(client.id)
    return client.features.has('resume') ? Math.min(confirmed ?? 0, written) : written
  }

  /**
   * The same while it is unknown how the connection ends: a client that cannot confirm may not have read what was
   * written last.
   */
  #certainOf(local: Local): LogIndex {
    const { client, ending } = local
    if (ending !== undefined) return ending.certain
    if (client.features.has('resume')) return this.#positionOf(local)
    return this.#needs.fanOut.settledUpTo(client.id)
  }

  #left(local: Local, isReset: boolean, isMoving: boolean): void {
    this.#byNumber.delete(local.number)
    const at = this.#positionAt(isReset ? this.#certainOf(local) : this.#positionOf(local))
    const moving = isMoving ? { moving: true } : {}
    this.#publish('logout', { connection: local.number, at, ...moving } satisfies LogoutBody)
  }

  #positionAt(index: LogIndex): LogPosition {
    return this.#needs.log.lineageUpTo(index).slice(-maxPositionTerms)
  }

  #backlogOf({ number, username }: Local, index: LogIndex): Backlog {
    const { presence, self, options } = this.#needs
    const row = presence.row(username)
    const connection = row?.connections.find(([home, its]) => home === self.publisher && its === number)
    // Too many connections of one name: this one is served from here on, and not listed.
    if (row === undefined || connection === undefined) return { after: index, skippedRanges: [] }
    return backlogAfter(row, Math.max(connection[2], this.#hadHere(row)), index, options.limits.offline)
  }

  /**
   * What the connections of this user to this server have certainly received: they may be dead, and the log may not
   * say so yet.
   */
  #hadHere({ connections }: PresenceRow): LogIndex {
    const { self } = this.#needs
    let had = 0
    for (const [home, number] of connections) {
      const local = home === self.publisher ? this.#byNumber.get(number) : undefined
      if (local !== undefined) had = Math.max(had, this.#certainOf(local))
    }
    return had
  }

  #publish(
    kind: 'login' | 'logout' | 'delivered',
    body: object,
    whenApplied?: (index: LogIndex) => void,
  ): void {
    const { ownEntries, platform } = this.#needs
    ownEntries.publish(kind, platform.encodeUtf8(JSON.stringify(body)), whenApplied)
  }
}
