/**
 * What clients were told that they have missed, since it is kept no longer: which messages those were, as far as the
 * server that said so had them in its log. Nothing else may be missing, and nothing that is still kept may be on the list.
 */
import type { ClientId, LinePosition, LogIndex, ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { ServerProcess } from '../processes/server-process.js'
import { entryKey, skippedKeys, type LogShadow } from './log-shadow.js'
import type { Accuse } from './violation.js'

interface ToldGap {
  readonly server: ServerProcess
  readonly host: string
  readonly from: LogIndex
  readonly to: LogIndex
  /** How many activities that were, as the client was told. */
  readonly missed: number
  keys: readonly string[]
}

export class Missed implements Observer {
  readonly #shadow: LogShadow
  readonly #accuse: Accuse
  /** Told, and not heard yet. */
  #underWay: ToldGap[] = []
  /** Told in the turn that is not over: the book-keeping of logs is brought up to date after it. */
  #fresh: ToldGap[] = []
  /**
   * A client that has logged in with a name may have been away before: with a session that was lost, or in another
   * visit.
   */
  readonly #named = new Set<string>()
  readonly #missed = new Map<ClientProcess, Set<string>>()
  /** Gaps that clients have heard of. */
  count = 0

  /** To be called after the shadow in the list of observers. */
  constructor(shadow: LogShadow, accuse: Accuse) {
    this.#shadow = shadow
    this.#accuse = accuse
  }

  /** Whether this client knows that it will not get this one. */
  has(client: ClientProcess, key: string): boolean {
    return this.#missed.get(client)?.has(key) === true
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    if (command.command === 'LOGIN_SUCCESS' && command.info !== 'logged in as user anonymous')
      this.#named.add(server.peerOfClient(client))
    if (command.command !== 'GAP') return
    const { from, to, missed } = command
    // Over what was sent while this user was away: it is judged where backlogs are.
    if (
      missed === 0 &&
      to >= server.core.status().log.first &&
      this.#mayHaveBeenAway(server.peerOfClient(client))
    )
      return
    const kept = server.core.status().log.first
    const isSkip = from === to && server.core.inspect().entryAt(to)?.kind === 'skip'
    if (from > to || (to >= kept && !isSkip))
      this.#accuse('a gap is what is gone', `${server.id} tells of ${from} to ${to}, but keeps ${kept}`)
    this.#fresh.push({ server, host: server.peerOfClient(client), from, to, missed, keys: [] })
  }

  serverTurnEnded(server: ServerProcess): void {
    if (this.#fresh.length === 0) return
    for (const gap of this.#fresh) {
      const log = this.#shadow.of(server)
      const entries = log.entries.slice(gap.from - 1, gap.to)
      const count = entries.filter((entry) => entry.isActivity).length
      // What a server passes over for others is counted by the server that dropped it. What went by while a user was
      // away is not missed.
      const isWrong = this.#mayHaveBeenAway(gap.host) ? gap.missed > count : gap.missed !== count
      if (entries.every((entry) => entry.skips.length === 0) && isWrong)
        this.#accuse(
          'a gap tells how much it held',
          `${server.id} tells of ${gap.missed} in ${gap.from} to ${gap.to}, there were ${count}`,
        )
      gap.keys = entries.flatMap((entry, k) => [entry.key, ...skippedKeys(log, gap.from + k)])
    }
    this.#underWay.push(...this.#fresh)
    this.#fresh = []
  }

  clientMissed(client: ClientProcess, from: LogIndex, to: LogIndex): void {
    this.count++
    const at = this.#underWay.findIndex(
      (gap) => gap.host === client.host && gap.from === from && gap.to === to,
    )
    if (at < 0) {
      this.#accuse('a gap is what is gone', `${client.host} heard of ${from} to ${to}, which no server said`)
      return
    }
    const missed = this.#missed.get(client) ?? new Set<string>()
    this.#missed.set(client, missed)
    for (const key of this.#underWay[at]!.keys) missed.add(key)
    // A socket keeps its order: what was told before that one to the same client will not be heard any more.
    this.#underWay = this.#underWay.filter((gap, k) => k > at || gap.host !== client.host)
  }

  /** It says so itself, which is judged elsewhere. */
  clientCannotTake(client: ClientProcess, { publisher, n }: LinePosition): void {
    const missed = this.#missed.get(client) ?? new Set<string>()
    this.#missed.set(client, missed)
    missed.add(entryKey(publisher, n))
  }

  /** Also those that broke the connection while they were held. */
  #mayHaveBeenAway(host: string): boolean {
    return host === '?' || this.#named.has(host)
  }
}
