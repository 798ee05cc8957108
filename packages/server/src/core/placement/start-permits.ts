/**
 * Only the root permits the start of a server: one at a time in the whole tree, and none beyond the limit that the
 * asker states for the network. All others pass the question up, hop by hop, as with CHECK.
 */
import type { LinkId, ServerMessageOf } from '@jwp/protocol'
import type { RoleKeeper } from '../tree/role.js'
import type { LinkTable } from '../tree/link-table.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { Children } from '../tree/children.js'
import type { Loads } from './loads.js'

export interface StartPermitsNeeds {
  readonly role: Pick<RoleKeeper, 'isRoot' | 'parentLink'>
  readonly links: Pick<LinkTable, 'send'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly children: Pick<Children, 'treeSize'>
  readonly loads: Pick<Loads, 'totals'>
}

export interface Permission {
  readonly ok: boolean
  /** Servers in the whole tree. */
  readonly servers: number
}

interface OpenQuestion {
  readonly expiresMs: number
  answer(permission: Permission): void
}

/** A question is remembered for so long, in milliseconds: lines above that we do not see may be long. */
const questionLifetimeMs = 30_000

/** Questions on their way up through this server. Each asker has one at a time; more than this is hostile. */
const maxOpen = 1_024

/** News of a new server is everywhere within this, in milliseconds, unless `syncEveryMs` is long. */
const leastNewsMs = 500

export class StartPermits {
  readonly #needs: StartPermitsNeeds
  readonly #open = new Map<number, OpenQuestion>()
  #nextNonce = 1
  /** As a root: a server is being started until then, at most. */
  #takenUntilMs = 0

  constructor(needs: StartPermitsNeeds) {
    this.#needs = needs
  }

  /**
   * @returns false if there is no root to ask: this server is an orphan, or too many ask. Else there may be an
   * answer, or none.
   */
  ask(most: number, answer: OpenQuestion['answer']): boolean {
    const { role, links, time } = this.#needs
    if (role.isRoot) {
      answer(this.#decide(most))
      return true
    }
    const parent = role.parentLink
    if (parent === undefined) return false
    this.#forgetExpired()
    if (this.#open.size >= maxOpen) return false
    const nonce = this.#nextNonce++
    this.#open.set(nonce, { expiresMs: time.nowMs + questionLifetimeMs, answer })
    links.send(parent, { type: 'GROW', nonce, most })
    return true
  }

  /**
   * A child asks, for itself or for a server below. If the question cannot be passed on, the child asks again by
   * itself.
   */
  asked(link: LinkId, { nonce, most }: ServerMessageOf<'GROW'>): void {
    this.ask(most, (permission) => {
      this.#needs.links.send(link, { type: 'GROW_RESULT', nonce, ...permission })
    })
  }

  answered({ nonce, ok, servers }: ServerMessageOf<'GROW_RESULT'>): void {
    const question = this.#open.get(nonce)
    this.#open.delete(nonce)
    question?.answer({ ok, servers })
  }

  /** The start that this server, or one below, had permission for is over: its server has come, or will not. */
  over(): void {
    const { role, links, time, options } = this.#needs
    const parent = role.parentLink
    // Waiting askers must have heard of the new server, or they would start one more at once.
    const newsTakesMs = Math.max(leastNewsMs, 3 * options.timing.syncEveryMs)
    if (role.isRoot) this.#takenUntilMs = Math.min(this.#takenUntilMs, time.nowMs + newsTakesMs)
    else if (parent !== undefined) links.send(parent, { type: 'GROW_OVER' })
  }

  #decide(most: number): Permission {
    const { children, loads, time, options } = this.#needs
    const servers = Math.max(children.treeSize(), loads.totals.servers)
    const ok = servers < most && time.nowMs >= this.#takenUntilMs
    // The server with the permit may die: the permit is void some time after its server should have come.
    if (ok) this.#takenUntilMs = time.nowMs + 1.5 * options.timing.startWithinMs
    return { ok, servers }
  }

  #forgetExpired(): void {
    for (const [nonce, { expiresMs }] of this.#open)
      if (expiresMs <= this.#needs.time.nowMs) this.#open.delete(nonce)
  }
}
