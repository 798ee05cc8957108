/**
 * Where each user is connected, and how far it has received the log: a table that is a pure function of the applied
 * log. So "connected when the message was sent" means the same everywhere: login before it, logout after it, in the
 * log.
 */
import {
  isOnline,
  maxConnectionsPerUser,
  maxWindows,
  openEnd,
  type DeliveredBody,
  type GoneBody,
  type HomeRow,
  type LogEntry,
  LogRun,
  type LogIndex,
  type LoginBody,
  type LogoutBody,
  type LogPosition,
  type PresenceRow,
  type PresenceTable,
  type PublisherId,
  type Platform,
} from '@jwp/protocol'
import type { LogProjection, Restart } from './log-projection.js'
import { presenceEntryOf } from './presence-entries.js'
import {
  overlaid,
  PresenceSteps,
  type PresenceChange,
  type PresenceChanges,
  type PresenceStep,
} from './presence-steps.js'
import type { Log } from '../log/log.js'

export interface PresenceNeeds {
  readonly platform: Platform
  readonly log: Pick<Log, 'lastOf'>
  /** A user is connected at this server, says the log. */
  readonly onLogin: (home: PublisherId) => void
  /** This server is gone, says the log, and its users with it. */
  readonly onGone: (home: PublisherId) => void
  /** This user is on the way from there to another server; undefined: it is not. */
  readonly onMoving: (username: string, from: PresenceRow['moving']) => void
  /** Clients were told of logins or logouts that did not happen, or happened later. */
  readonly onAnnouncedWasCut: () => void
}

type Connection = PresenceRow['connections'][number]

export class Presence implements LogProjection {
  readonly #needs: PresenceNeeds
  readonly #users = new Map<string, PresenceRow>()
  readonly #homes = new Map<PublisherId, HomeRow>()
  /** Connected there: derived from the rows. */
  readonly #usersAt = new Map<PublisherId, Map<number, string>>()
  readonly #steps = new PresenceSteps()
  #online = 0
  #at: LogIndex = 0
  #step: PresenceStep = { index: 0, users: [], homes: [], changes: [] }

  constructor(needs: PresenceNeeds) {
    this.#needs = needs
  }

  /** Users that are connected somewhere, or on their way from one server to another. */
  get onlineCount(): number {
    return this.#online
  }

  /** The log position at which this is so: while entries are being applied, not the last of them. */
  get at(): LogIndex {
    return this.#at
  }

  /** Entries that can still be undone. */
  get stepCount(): number {
    return this.#steps.count
  }

  *online(): Generator<string> {
    for (const [username, row] of this.#users) if (isOnline(row)) yield username
  }

  row(username: string): PresenceRow | undefined {
    return this.#users.get(username)
  }

  rows(): Iterable<PresenceRow> {
    return this.#users.values()
  }

  /** Servers that users are connected to. */
  homes(): Iterable<PublisherId> {
    return this.#usersAt.keys()
  }

  isHome(home: PublisherId): boolean {
    return this.#usersAt.has(home)
  }

  isConnected(home: PublisherId, number: number): boolean {
    return this.#usersAt.get(home)?.has(number) === true
  }

  connectionsAt(home: PublisherId): readonly number[] {
    return [...(this.#usersAt.get(home)?.keys() ?? [])]
  }

  /** Users that came or went with the entry at this position. */
  changesAt(index: LogIndex): readonly PresenceChange[] {
    return this.#steps.changesAt(index)
  }

  applyActivities({ count }: LogRun, first: LogIndex): void {
    this.#at = first + count - 1
  }

  apply(entry: LogEntry, index: LogIndex): void {
    this.#at = index
    const said = presenceEntryOf(entry, this.#needs.platform)
    if (said === undefined) return
    this.#step = { index, users: [], homes: [], changes: [] }
    const home = entry.publisher
    switch (said.kind) {
      case 'login':
        this.#login(home, said.body, index)
        this.#needs.onLogin(home)
        break
      case 'logout':
        this.#logout(home, said.body, index)
        break
      case 'gone':
        this.#gone(said.body, index)
        if (said.body.connections === undefined) this.#needs.onGone(said.body.server)
        break
      case 'delivered':
        this.#delivered(home, said.body, index)
        break
    }
    this.#steps.add(this.#step)
  }

  endApply(): void {
    // Each entry is reported as it is applied.
  }

  /** Users whose logins or logouts after `end` were sent to clients: their present state must be sent again. */
  cutTo(end: LogIndex): void {
    let wasTold = false
    this.#at = Math.min(this.#at, end)
    for (const step of this.#steps.cutTo(end)) {
      wasTold ||= step.changes.length > 0
      for (const [username, row] of step.users.reverse()) this.#put(username, row)
      for (const [home, row] of step.homes.reverse()) this.#putHome(home, row)
    }
    if (wasTold) this.#needs.onAnnouncedWasCut()
  }

  /** Entries up to here will not be cut, nor read again. */
  settle(index: LogIndex): void {
    this.#steps.settle(index)
  }

  /** The table as it was at `index`. */
  tableAt(index: LogIndex): PresenceTable {
    return overlaid(this.#users, this.#homes, this.#steps.before(index))
  }

  /** The rows that entries up to `index` changed since the last `settle`, as they were there. */
  changesUpTo(index: LogIndex): PresenceChanges {
    const touched = this.#steps.touchedUpTo(index)
    if (touched.users.size === 0 && touched.homes.size === 0) return { users: [], homes: [] }
    const before = this.#steps.before(index)
    return {
      users: [...touched.users].map((name) => [
        name,
        before.users.has(name) ? before.users.get(name) : this.#users.get(name),
      ]),
      homes: [...touched.homes].map((home) => [
        home,
        before.homes.has(home) ? before.homes.get(home) : this.#homes.get(home),
      ]),
    }
  }

  endRestart(): void {
    // The table stands on the new base already.
  }

  restart({ base: { presence, index } }: Restart): void {
    const { users, homes } = presence
    this.#at = index
    this.#steps.clear()
    for (const username of [...this.#users.keys()]) this.#put(username, undefined)
    this.#homes.clear()
    for (const [username, row] of users) this.#put(username, row)
    for (const [home, row] of homes) this.#homes.set(home, row)
  }

  #login(home: PublisherId, { connections, again }: LoginBody, index: LogIndex): void {
    for (const [number, username] of connections) {
      if (this.isConnected(home, number)) continue
      const before = this.#users.get(username)
      if (before === undefined) {
        this.#change(username, {
          cursor: index,
          windows: [[index, openEnd]],
          connections: [[home, number, index]],
        })
        continue
      }
      if (before.connections.length >= maxConnectionsPerUser) continue
      // Other connections of this user may be dead, and no server has noticed: only what they have certainly received
      // counts.
      const from = this.#cursorOf(before)
      this.#change(username, {
        cursor: before.cursor,
        windows: isOnline(before) ? before.windows : opened(before, again === true, index),
        connections: [...before.connections, [home, number, from]],
      })
    }
  }

  #logout(home: PublisherId, { connection, at, moving = false }: LogoutBody, index: LogIndex): void {
    const username = this.#usersAt.get(home)?.get(connection)
    if (username === undefined) return
    this.#disconnect(username, home, connection, this.#resolve(at, index), index, moving)
  }

  #gone({ server, connections }: GoneBody, index: LogIndex): void {
    if (connections !== undefined) {
      for (const [number, username] of connections) this.#strayed(username, server, number, index)
      return
    }
    for (const [number, username] of [...(this.#usersAt.get(server) ?? [])])
      this.#disconnect(username, server, number, 0, index)
  }

  /** A user that was sent to another server has not arrived. One that has, or has moved again since, is not meant. */
  #strayed(username: string, home: PublisherId, number: number, index: LogIndex): void {
    const row = this.#users.get(username)
    if (row?.moving?.[0] !== home || row.moving[1] !== number) return
    this.#change(username, { cursor: row.cursor, windows: closed(row, index), connections: [] })
  }

  #delivered(home: PublisherId, { upTo, at, behind }: DeliveredBody, index: LogIndex): void {
    if (!this.#usersAt.has(home)) return
    const before = this.#homes.get(home)
    // Unknown: that term was cut. What was delivered of it is delivered again, rather than never.
    this.#changeHome(home, {
      covers: Math.max(upTo, before?.covers ?? 0),
      // Not the highest that was ever said: connections that are newly spoken of may not have got that far.
      delivered: this.#resolve(at, index),
      behind: behind.map(([number, position]) => [number, this.#resolve(position, index)] as const),
    })
  }

  #disconnect(
    username: string,
    home: PublisherId,
    number: number,
    delivered: LogIndex,
    index: LogIndex,
    isMoving = false,
  ): void {
    const row = this.#users.get(username)!
    const connection = row.connections.find(([other, its]) => other === home && its === number)
    if (connection === undefined) return
    const cursor = Math.max(row.cursor, delivered, this.#positionOf(connection))
    const connections = row.connections.filter((other) => other !== connection)
    // Until it is elsewhere it counts as connected: its backlog grows meanwhile, and no client is told that it has
    // gone.
    const moving = isMoving && connections.length === 0 ? { moving: [home, number] as const } : {}
    const windows = isOnline({ ...row, connections, ...moving }) ? row.windows : closed(row, index)
    this.#change(username, {
      cursor,
      windows: windows.filter(([, upTo]) => upTo === openEnd || upTo > cursor),
      connections,
      ...moving,
    })
    if (!this.#usersAt.has(home) && this.#homes.has(home)) this.#changeHome(home, undefined)
  }

  /** The backlog of this user was delivered up to here, as far as the log knows. */
  #cursorOf(row: PresenceRow): LogIndex {
    let cursor = row.cursor
    for (const connection of row.connections) cursor = Math.max(cursor, this.#positionOf(connection))
    return cursor
  }

  #positionOf([home, number, from]: Connection): LogIndex {
    const said = this.#homes.get(home)
    if (said === undefined || number > said.covers) return from
    const behind = said.behind.find(([its]) => its === number)
    return Math.max(from, behind?.[1] ?? said.delivered)
  }

  #resolve(position: LogPosition, index: LogIndex): LogIndex {
    for (let i = position.length - 1; i >= 0; i--) {
      const [epoch, last] = position[i]!
      const ours = this.#needs.log.lastOf(epoch, index)
      if (ours !== undefined) return Math.min(last, ours)
    }
    return 0
  }

  #change(username: string, row: PresenceRow): void {
    const before = this.#users.get(username)
    this.#step.users.push([username, before])
    const wasOnline = before !== undefined && isOnline(before)
    const online = isOnline(row)
    if (online !== wasOnline) this.#step.changes.push({ username, online })
    this.#put(username, row)
  }

  #changeHome(home: PublisherId, row: HomeRow | undefined): void {
    this.#step.homes.push([home, this.#homes.get(home)])
    this.#putHome(home, row)
  }

  #put(username: string, row: PresenceRow | undefined): void {
    const old = this.#users.get(username)
    const after = row?.connections ?? []
    for (const [home, number] of old?.connections ?? []) {
      const there = this.#usersAt.get(home)
      there?.delete(number)
      if (there?.size === 0) this.#usersAt.delete(home)
    }
    for (const [home, number] of after) {
      const there = this.#usersAt.get(home) ?? new Map<number, string>()
      this.#usersAt.set(home, there.set(number, username))
    }
    if (old !== undefined && isOnline(old)) this.#online--
    if (row !== undefined && isOnline(row)) this.#online++
    this.#needs.onMoving(username, row?.moving)
    if (row === undefined) this.#users.delete(username)
    else this.#users.set(username, row)
  }

  #putHome(home: PublisherId, row: HomeRow | undefined): void {
    if (row === undefined) this.#homes.delete(home)
    else this.#homes.set(home, row)
  }
}

function closed({ windows }: PresenceRow, index: LogIndex): PresenceRow['windows'] {
  return windows.map(([after, upTo]) => [after, upTo === openEnd ? index : upTo] as const)
}

/** The windows of a user who comes back. `again`: it was never away, it only seemed so. */
function opened({ windows, cursor }: PresenceRow, again: boolean, index: LogIndex): PresenceRow['windows'] {
  const last = windows.at(-1)
  if (again) return [...windows.slice(0, -1), [last?.[0] ?? cursor, openEnd]]
  const all = [...windows, [index, openEnd] as const]
  if (all.length <= maxWindows) return all
  // What lay between the two oldest counts as backlog: better a little too much than a table without bound.
  return [[all[0]![0], all[1]![1]], ...all.slice(2)]
}
