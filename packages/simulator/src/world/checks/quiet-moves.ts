/**
 * A user who is sent to another server, and arrives there, has not gone: between the two no client is told that it is
 * offline.
 *
 * Judged by what was written to clients and by where users were connected, as seen from outside; of the log it asks
 * only where the login at the other server is. While a server dies the move is not judged: its users count as offline
 * then.
 */
import type { ClientId, LogIndex, ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { ServerProcess } from '../processes/server-process.js'
import { simulatedTiming } from '../simulated-timing.js'
import type { World } from '../world.js'
import type { ShadowLog } from './log-shadow.js'
import { PresenceModel } from './presence-model.js'
import type { Accuse } from './violation.js'

/** What happened to a server, or to another connection of this user, within this may still be on its way into the log. */
const settledAfterMs = 3_000
/** Servers hear each other, and are awake. */
const harmless = /^(crash|restart|leave|clock-.*|client-crash|jump|calendar)$/
const greeting = 'logged in as user '

interface Move {
  readonly username: string
  readonly from: ServerProcess
  readonly sentMs: number
  /** What the server that sent it had applied. */
  readonly after: LogIndex
}

interface Arrival extends Move {
  readonly to: ServerProcess
  readonly cameMs: number
}

export class QuietMoves implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  /** By user: the hosts that are logged in under this name, and where. */
  readonly #connected = new Map<string, Map<string, ServerProcess>>()
  /** By user: when a connection ended in any other way. */
  readonly #leftMs = new Map<string, number>()
  readonly #underWay = new Map<string, Move>()
  readonly #arrivals: Arrival[] = []
  readonly #offline: { readonly username: string; readonly index: LogIndex; readonly to: string }[] = []
  /** Moves that were judged. */
  judged = 0

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    const host = server.peerOfClient(client)
    if (command.command === 'LOGIN_SUCCESS' && command.info.startsWith(greeting))
      this.#cameIn(server, host, command.info.slice(greeting.length).split(',')[0]!)
    else if (command.command === 'REDIRECT') this.#sentOn(server, host)
  }

  serverDelivers(server: ServerProcess, client: ClientId, lines: readonly Uint8Array[]): void {
    for (const line of lines) {
      // {"command":"PRESENCE"…: the most of what is written is something else.
      if (line[12] !== 0x50) continue
      const text = String.fromCharCode(...line)
      if (!text.startsWith('{"command":"PRESENCE"')) continue
      const { username, online, index } = JSON.parse(text) as Extract<ServerCommand, { command: 'PRESENCE' }>
      if (!online && index !== undefined)
        this.#offline.push({ username, index, to: server.peerOfClient(client) })
    }
  }

  clientEnded({ host }: ClientProcess): void {
    for (const [username, hosts] of this.#connected)
      if (hosts.delete(host)) this.#leftMs.set(username, this.#world().queue.nowMs)
  }

  /** To be called when the world is whole, if nothing that was applied anywhere was ever cut, or lost. */
  judge(log: ShadowLog): void {
    if (this.#arrivals.length === 0 || !this.#world().plan.faults.every(({ kind }) => harmless.test(kind)))
      return
    const { logins } = new PresenceModel(log, log.entries.length)
    for (const { username, from, to, sentMs, cameMs, after } of this.#arrivals) {
      if (this.#hasAnyDied(sentMs - settledAfterMs, cameMs + settledAfterMs)) continue
      const login = logins.find(
        ({ home, name, index }) => home === to.id && name === username && index > after,
      )
      if (login === undefined) continue
      this.judged++
      const told = this.#offline.find(
        (each) => each.username === username && each.index > after && each.index <= login.index,
      )
      if (told === undefined) continue
      this.#accuse(
        'who moves has not gone',
        `${told.to} was told at ${told.index} that ${username} is offline, sent from ${from.id} to ${to.id} and there at ${login.index}`,
      )
      return
    }
  }

  #cameIn(server: ServerProcess, host: string, username: string): void {
    const hosts = this.#connected.get(username) ?? new Map<string, ServerProcess>()
    this.#connected.set(username, hosts)
    const nowMs = this.#world().queue.nowMs
    // No server has sent it here: its last connection has broken.
    if (hosts.has(host)) this.#leftMs.set(username, nowMs)
    hosts.set(host, server)
    const move = this.#underWay.get(username)
    this.#underWay.delete(username)
    if (move === undefined || nowMs - move.sentMs > simulatedTiming.movedWithinMs / 2) return
    this.#arrivals.push({ ...move, to: server, cameMs: nowMs })
  }

  #sentOn(from: ServerProcess, host: string): void {
    for (const [username, hosts] of this.#connected) {
      if (hosts.get(host) !== from) continue
      hosts.delete(host)
      const sentMs = this.#world().queue.nowMs
      const isAlone = hosts.size === 0 && sentMs - (this.#leftMs.get(username) ?? -Infinity) > settledAfterMs
      if (!isAlone || username === 'anonymous') continue
      this.#underWay.set(username, { username, from, sentMs, after: from.core.inspect().applied })
    }
  }

  /** A client that leaves in order was logged out in the log before. */
  #hasAnyDied(fromMs: number, toMs: number): boolean {
    const { servers } = this.#world()
    return servers.some(
      ({ isAskedToLeave, endedAtMs = Infinity }) =>
        !isAskedToLeave && endedAtMs >= fromMs && endedAtMs <= toMs,
    )
  }
}
