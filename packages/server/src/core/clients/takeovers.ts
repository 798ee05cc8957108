/**
 * One session, one holder. Whoever shows a session's token goes on with it, at any server; the connection that had it
 * before is closed, wherever in the tree it is, and told so if it is somebody else's. All servers are told over the
 * tree which sessions were resumed; the later resumption wins, by stamps that grow like Lamport's, so of two at once
 * exactly one holder is left.
 *
 * A client that changes its server is one holder all along (`holder` in its LOGIN): it is not told that it was taken
 * over by itself, when a login that it has given up is answered late.
 */
import type { LinkId, PublisherId, ServerMessageOf, SessionHolding } from '@jwp/protocol'
import { maxHoldings } from '@jwp/protocol'
import type { ClientState } from './client-state.js'
import type { TurnTime } from '../turn-time.js'
import type { Sessions } from './sessions.js'
import type { Outbox } from '../outbox.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Children } from '../tree/children.js'
import type { LinkTable } from '../tree/link-table.js'

export interface TakeoversNeeds {
  readonly time: TurnTime
  readonly sessions: Pick<Sessions, 'hangUp' | 'ownerOf'>
  readonly outbox: Pick<Outbox, 'tell'>
  readonly role: Pick<RoleKeeper, 'parentLink'>
  readonly children: Pick<Children, 'all'>
  readonly links: Pick<LinkTable, 'send'>
}

/** Stamps that are remembered, so that nothing goes round; beyond it all are forgotten. */
const maxRemembered = 16_384

export class Takeovers {
  readonly #needs: TakeoversNeeds
  /** Highest stamp heard of. */
  #highest = 0
  readonly #seen = new Map<PublisherId, { readonly stamp: number; readonly holder: string }>()
  /** Resumed here in this turn. */
  #resumed: SessionHolding[] = []

  constructor(needs: TakeoversNeeds) {
    this.#needs = needs
  }

  /** A client here goes on with its session: others hear of it. Returns the stamp of that. */
  resumed(publisher: PublisherId, holder: string): number {
    const stamp = Math.max(Math.floor(this.#needs.time.nowMs), this.#highest + 1)
    this.#remember(publisher, stamp, holder)
    this.#resumed.push([publisher, stamp, holder])
    return stamp
  }

  /** A neighbour tells whose sessions were resumed, there or behind it. */
  heard(link: LinkId, { sessions }: ServerMessageOf<'RESUMED'>): void {
    const news = sessions.filter((holding) => {
      const seen = this.#seen.get(holding[0])
      return seen === undefined || isLater(holding, seen)
    })
    for (const holding of news) {
      const [publisher, stamp, holder] = holding
      this.#remember(publisher, stamp, holder)
      const before = this.#needs.sessions.ownerOf(publisher)
      if (before?.session !== undefined && isLater(holding, before.session)) this.end(before, holder)
    }
    if (news.length > 0) this.#tell(news, link)
  }

  /** Its session goes on elsewhere, with `holder`. */
  end(before: ClientState, holder: string): void {
    if (before.session?.holder !== holder) {
      const info = 'this session was taken over'
      this.#needs.outbox.tell(before.id, { command: 'AUTHENTICATION_FAIL', info })
    }
    this.#needs.sessions.hangUp(before)
  }

  /** End of a turn. */
  flush(): void {
    const resumed = this.#resumed
    if (resumed.length === 0) return
    this.#resumed = []
    for (let from = 0; from < resumed.length; from += maxHoldings)
      this.#tell(resumed.slice(from, from + maxHoldings), undefined)
  }

  /** To all neighbours in the tree but the one that told us. */
  #tell(sessions: readonly SessionHolding[], from: LinkId | undefined): void {
    const { role, children, links } = this.#needs
    const neighbours = [...children.all()].map(({ link }) => link)
    if (role.parentLink !== undefined) neighbours.push(role.parentLink)
    for (const link of neighbours) if (link !== from) links.send(link, { type: 'RESUMED', sessions })
  }

  #remember(publisher: PublisherId, stamp: number, holder: string): void {
    if (this.#seen.size >= maxRemembered && !this.#seen.has(publisher)) this.#seen.clear()
    this.#seen.set(publisher, { stamp, holder })
    this.#highest = Math.max(this.#highest, stamp)
  }
}

function isLater([, stamp, holder]: SessionHolding, than: { stamp: number; holder: string }): boolean {
  return stamp === than.stamp ? holder > than.holder : stamp > than.stamp
}
