/**
 * Nothing piles up. While faults go on the queue, the contacts and the children stay within their limits; when
 * everything is whole again nothing is left of what went by: no client that is gone, no publisher that never was, and
 * of the log no more than the retention asks to keep, and no less.
 */
import { maxContacts, type LogIndex } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { LogShadow } from './log-shadow.js'
import type { Accuse } from './violation.js'

/** What a server takes in before it stops reading its publishers, and as much again that was under way to it. */
const mostPending = 2 * 16_384
/** The tail of the log is looked at once a second. What servers say themselves may have come since. */
const dropLagMs = 2_500
const latestBytes = 4_000
const lookEveryMs = 1_000

/** By then a server had the entries up to there. */
interface Sighting {
  readonly index: LogIndex
  readonly atMs: number
}

export class MemoryBounds implements Observer {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #accuse: Accuse
  readonly #seen = new Map<ServerProcess, Sighting[]>()

  constructor(world: () => World, shadow: LogShadow, accuse: Accuse) {
    this.#world = world
    this.#shadow = shadow
    this.#accuse = accuse
  }

  /** Of what was cut, others have the places now. */
  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event !== 'entries-cut') return
    const kept = this.#seen.get(server)?.filter(({ index }) => index < event.from)
    if (kept !== undefined) this.#seen.set(server, kept)
  }

  watch(): void {
    this.#world().queue.after(lookEveryMs, () => {
      for (const server of this.#world().alive()) this.#look(server)
      this.watch()
    })
  }

  /** To be called when the world has been whole for a while; where little is kept, for longer than `dropLagMs`. */
  judge(): void {
    const world = this.#world()
    const processes = world.servers.length + world.clients.length
    const living = world.clients.filter((client) => client.isAlive).length
    const { limits } = world.plan
    // Where silent sessions are kept by entries now and then, the latest of those has not been dropped yet; and after a
    // clock that was behind it is old from the beginning.
    const isJudged = limits?.sessionLifetimeMs === undefined
    // The backlog of users who are away is kept longer there.
    const isInBacklogLonger = (limits?.backlogMs ?? 0) > 0
    const isRetentionDrawn =
      isJudged &&
      !isInBacklogLonger &&
      (limits?.retentionMs !== undefined || limits?.retentionBytes !== undefined)
    let clients = 0
    for (const server of world.alive()) {
      const status = server.core.status()
      clients += status.clients
      const rows = server.core.inspect().presence().users.length
      if (rows > status.users)
        this.#complain(server, `has ${rows} rows of presence, for ${status.users} users`)
      this.#judgePublishers(server, processes)
      if (isRetentionDrawn) this.#judgeLog(server)
    }
    if (clients > living)
      this.#accuse('memory is bounded', `servers hold ${clients} clients, ${living} are alive`)
  }

  /** Publishers that the log names and has not forgotten, and no others. Each is one process, or one `skip` entry. */
  #judgePublishers(server: ServerProcess, processes: number): void {
    const { publishers } = server.core.status()
    const { numbers, entries } = this.#shadow.of(server)
    const named = [...numbers].filter(([, n]) => n > 0).map(([publisher]) => publisher)
    if (publishers !== named.length)
      this.#complain(server, `numbers ${publishers} publishers, its log names ${named.length}`)
    const skipping = new Set(entries.filter(({ kind }) => kind === 'skip').map(({ publisher }) => publisher))
    const most = processes + named.filter((publisher) => skipping.has(publisher)).length
    if (publishers > most)
      this.#complain(server, `numbers ${publishers} publishers, there were ${most} in all`)
  }

  #look(server: ServerProcess): void {
    const { pending, contacts, children } = server.core.status()
    if (pending > mostPending) this.#complain(server, `has ${pending} entries waiting`)
    if (contacts > maxContacts) this.#complain(server, `knows ${contacts} contacts`)
    if (children.length > this.#world().servers.length)
      this.#complain(server, `has ${children.length} children`)
    this.#see(server)
    this.#judgeEarly(server)
  }

  /** Whatever calendars show: nothing that may still be in a backlog is dropped before its time. */
  #judgeEarly(server: ServerProcess): void {
    const { limits } = this.#world().plan
    const { retentionMs } = server.options.limits
    // Where little is kept on purpose, watches that jump count for something.
    if (limits?.retentionMs !== undefined || limits?.retentionBytes !== undefined) return
    const { first } = server.core.status().log
    if (first > 1 && this.#world().elapsedMs < retentionMs)
      this.#accuse(
        'nothing is dropped before its time',
        `${server.id} keeps nothing before ${first}, for ${retentionMs} ms`,
      )
  }

  #see(server: ServerProcess): void {
    const seen = this.#seen.get(server) ?? []
    seen.push({ index: server.core.inspect().lastIndex, atMs: this.#world().elapsedMs })
    this.#seen.set(server, seen)
  }

  #judgeLog(server: ServerProcess): void {
    const { retentionMs, retentionBytes } = server.options.limits
    const { log } = server.core.status()
    if (log.bytes > retentionBytes + latestBytes)
      this.#complain(server, `keeps ${log.bytes} bytes of log, ${retentionBytes} are asked for`)
    const { entryAt } = server.core.inspect()
    let oldest = log.first
    while (oldest < log.last && entryAt(oldest)?.kind === 'marker') oldest++
    const entry = entryAt(oldest)
    if (entry === undefined || entry.kind === 'marker') return
    const since = this.#seen.get(server)?.find(({ index }) => index >= oldest)
    const ageMs = since === undefined ? 0 : this.#world().elapsedMs - since.atMs
    if (ageMs > retentionMs + dropLagMs)
      this.#complain(server, `keeps entry ${oldest}, ${Math.round(ageMs)} ms old, for ${retentionMs} ms`)
  }

  #complain(server: ServerProcess, what: string): void {
    this.#accuse('memory is bounded', `${server.id} ${what}`)
  }
}
