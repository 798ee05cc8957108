/**
 * A user who was told that a name is registered can log in under it for as long as a `logged` message is safe: while
 * one of {the root, its in-sync children, the server that said so} at that time lives, or comes back with its disk.
 * Accounts that were lost with all of those are beyond what docs/failure-model.md promises; and no user is denied
 * while its branch of the network knows it.
 */
import type { ClientId, ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { livesOn, type DurabilityWitnesses } from './durability-witnesses.js'
import type { LogShadow, ShadowLog } from './log-shadow.js'
import type { Accuse } from './violation.js'

interface Registered {
  readonly username: string
  readonly by: ServerProcess
  readonly atMs: number
  readonly witnesses: readonly ServerProcess[]
  readonly writers: readonly ServerProcess[]
}

/** A name that a server has applied, where in its log, and when. */
interface Known {
  readonly username: string
  readonly index: number
  readonly sinceMs: number
}

/** A server that answers a login has asked all others within this. */
const decidedWithinMs = 10_000

const registered = /^register success for (.*)$/
const denied = /^(.*) is not registered$/

export class AccountsSurvive implements Observer {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #witnesses: DurabilityWitnesses
  readonly #accuse: Accuse
  readonly #all: Registered[] = []
  readonly #known = new Map<ServerProcess, { upTo: number; names: Known[] }>()

  constructor(world: () => World, shadow: LogShadow, witnesses: DurabilityWitnesses, accuse: Accuse) {
    this.#world = world
    this.#shadow = shadow
    this.#witnesses = witnesses
    this.#accuse = accuse
  }

  serverTurnEnded(server: ServerProcess): void {
    const { entries, applied } = this.#shadow.of(server)
    const known = this.#known.get(server) ?? { upTo: 0, names: [] }
    this.#known.set(server, known)
    if (applied < known.upTo) known.names = known.names.filter(({ index }) => index <= applied)
    for (let index = known.upTo + 1; index <= applied; index++) {
      const username = entries[index - 1]!.registers?.username
      if (username !== undefined) known.names.push({ username, index, sinceMs: this.#world().elapsedMs })
    }
    known.upTo = applied
  }

  serverTells(by: ServerProcess, client: ClientId, command: ServerCommand): void {
    if (command.command === 'REGISTER_SUCCESS') {
      const username = registered.exec(command.info)![1]!
      const atMs = this.#world().elapsedMs
      const witnesses = this.#witnesses.inSync(by)
      this.#all.push({ username, by, atMs, witnesses, writers: this.#witnesses.writers(by, 'logged') })
    } else if (command.command === 'LOGIN_FAILED') {
      const username = denied.exec(command.info)?.[1]
      if (username !== undefined) this.#denied(by, username)
    }
  }

  /** To be called when the world is whole. @param log the final log, whole */
  judge(log: ShadowLog): void {
    const names = namesIn(log, log.entries.length)
    for (const { username, by, atMs, witnesses, writers } of this.#all) {
      const isPromised = writers.some(livesOn) || witnesses.some((server) => server.isAlive)
      if (isPromised && !names.has(username))
        this.#accuse(
          'accounts survive',
          `${username}, registered by ${by.id} at ${Math.round(atMs)} ms, is lost`,
        )
    }
  }

  /** What came to its branch while it was being asked may have come too late. */
  #denied(by: ServerProcess, username: string): void {
    const beforeMs = this.#world().elapsedMs - decidedWithinMs
    for (const server of this.#witnesses.attached(by)) {
      const names = this.#known.get(server)?.names ?? []
      if (names.some((known) => known.username === username && known.sinceMs < beforeMs))
        this.#accuse('who is registered is let in', `${by.id} denies ${username}, whom ${server.id} knows`)
    }
  }
}

function namesIn({ entries }: ShadowLog, end: number): Set<string> {
  const names = new Set<string>()
  for (const { registers } of entries.slice(0, end))
    if (registers !== undefined) names.add(registers.username)
  return names
}
