/**
 * Balance does no harm: no client is sent to a server that has been dead for a while, no client with a session is
 * sent around, and once loads are even only clients that have just come are sent elsewhere. A server that leaves in
 * order sends all its clients away, and only one thing is judged: none is sent to a server that has been dead, or has
 * been leaving, for a while.
 */
import type { ClientId, ServerCommand } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import { simulatedTiming } from '../simulated-timing.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

/** A death is noticed within this, and the answer of a server that died just then was under way. */
const noticedWithinMs = simulatedTiming.silenceLimitMs
/** A leaving server waits so long for the answers of others, and each may begin to leave after its own. */
const answersWithinMs = simulatedTiming.leaveWaitMs / 2
/** At its login, perhaps once more, and once more if what was sent there is found to be too many. */
const mostInARow = 3
/** When servers die or come back just then, twice more. */
const mostInAStorm = 5
const rowMs = 1_000

export class Redirects implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  /** When the last server at this endpoint ended. */
  readonly #endedMs = new Map<string, number>()
  /** Since when the server at this endpoint leaves. */
  readonly #leavingMs = new Map<string, number>()
  readonly #toldMs = new Map<string, number[]>()
  #isCalm = false
  /** When it was calm: came by themselves, and were sent somewhere. */
  readonly #came = new Set<string>()
  readonly #sent = new Set<string>()

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  /** Clients are spread evenly, and nothing happens any more. */
  expectCalm(): void {
    this.#isCalm = true
  }

  serverEnded({ options: { address } }: ServerProcess): void {
    this.#endedMs.set(`${address.host}:${address.port}`, this.#world().elapsedMs)
  }

  serverStarted({ options: { address } }: ServerProcess): void {
    this.#leavingMs.delete(`${address.host}:${address.port}`)
  }

  serverReports({ options: { address } }: ServerProcess, { event }: ServerEvent): void {
    if (event === 'leaving') this.#leavingMs.set(`${address.host}:${address.port}`, this.#world().elapsedMs)
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    const name = server.peerOfClient(client)
    // A connection may break even now, by what was done to it before. Who logs in is sent on where two loads are two apart.
    if (this.#isCalm && command.command === 'LOGIN_SUCCESS' && !this.#sent.delete(name)) this.#came.add(name)
    if (command.command !== 'REDIRECT') return
    if (server.isAskedToLeave) return this.#judgeLeaver(server, name, command)
    const target = `${command.hostname}:${command.port}`
    const nowMs = this.#world().elapsedMs
    if (this.#isCalm) {
      if (!this.#came.delete(name))
        this.#complain(`${server.id} sends ${name} to ${target}, though all was even`)
      this.#sent.add(name)
    }
    const deadForMs = nowMs - (this.#endedMs.get(target) ?? Infinity)
    if (this.#world().serverAt(target) === undefined && !(deadForMs <= noticedWithinMs))
      this.#complain(`${server.id} sends ${name} to ${target}, dead for ${Math.round(deadForMs)} ms`)
    if (!this.#goesOn(name)) return
    const told = [...(this.#toldMs.get(name) ?? []), nowMs].filter((ms) => nowMs - ms < rowMs)
    this.#toldMs.set(name, told)
    const most = this.#isStorm(nowMs) ? mostInAStorm : mostInARow
    if (told.length > most) this.#complain(`${name} is sent on ${told.length} times within ${rowMs} ms`)
  }

  #judgeLeaver(
    server: ServerProcess,
    name: string,
    { hostname, port }: Extract<ServerCommand, { command: 'REDIRECT' }>,
  ): void {
    const target = `${hostname}:${port}`
    const { elapsedMs } = this.#world()
    const sinceMs = Math.min(this.#endedMs.get(target) ?? Infinity, this.#leavingMs.get(target) ?? Infinity)
    const isThere = this.#world().serverAt(target) !== undefined && !this.#leavingMs.has(target)
    if (!isThere && !(elapsedMs - sinceMs <= answersWithinMs))
      this.#complain(
        `${server.id} leaves and sends ${name} to ${target}, gone or going for ${elapsedMs - sinceMs} ms`,
      )
  }

  /**
   * With its session, wherever it is sent: by this it is known there. Who has nothing to be known by finds its place
   * taken by the client that comes first, and may be sent on as often as that happens; and visitors follow no
   * redirect.
   */
  #goesOn(name: string): boolean {
    const program = this.#world().plan.clients.find((client) => client.name === name)?.program
    return program === 'library' || program === 'independent'
  }

  #isStorm(nowMs: number): boolean {
    return [...this.#endedMs.values()].some((endedMs) => nowMs - endedMs < 2 * rowMs)
  }

  #complain(what: string): void {
    this.#accuse('balance does no harm', what)
  }
}
