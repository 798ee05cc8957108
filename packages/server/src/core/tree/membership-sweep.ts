/**
 * The membership sweep. When a server was lost somewhere, the root asks all servers below. Each answers for its whole
 * branch with the servers there that have users, and a branch that dies meanwhile is counted out. If the log shows
 * users at a server that no branch has named, an entry says that the server and its users are gone.
 *
 * Nothing depends on the answer being right: a server that was only between two parents sees that it was declared
 * gone, and says that it is not.
 */
import type { GoneBody, LinkId, Platform, PublisherId, ServerMessageOf } from '@jwp/protocol'
import type { Log } from '../log/log.js'
import type { OwnEntries } from '../log/own-entries.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { Presence } from '../projections/presence.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Child } from './child.js'
import type { Children } from './children.js'
import type { LinkTable } from './link-table.js'
import type { RoleKeeper } from './role.js'
import type { TreeListener } from './tree-listener.js'

interface Call {
  readonly number: number
  /** The link that gets the answer; undefined: this server is the root that asked. */
  readonly asker: LinkId | undefined
  /** Children that have not answered. */
  readonly waiting: Set<LinkId>
  readonly present: Set<PublisherId>
  /** Root: servers that could be missed. */
  readonly expected: readonly PublisherId[]
  readonly deadlineMs: number
}

export interface MembershipSweepNeeds {
  readonly self: Pick<Self, 'publisher'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'parentLink'>
  readonly children: Pick<Children, 'all'>
  readonly links: Pick<LinkTable, 'send'>
  /** Where users are connected, as the log says. */
  readonly presence: Pick<Presence, 'homes' | 'isHome'>
  /** Users connected here. */
  readonly tracker: Pick<PresenceTracker, 'count'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly log: Pick<Log, 'last'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class MembershipSweep implements TreeListener {
  readonly #needs: MembershipSweepNeeds
  #number = 0
  #call: Call | undefined
  /** Root: when to ask next. */
  #dueMs: number | undefined
  /** A loss that the root has to learn of. */
  #isLossUntold = false
  /** Root: answered in the last sweep, with users connected there, and no server was lost since. */
  #present: ReadonlySet<PublisherId> = new Set()

  constructor(needs: MembershipSweepNeeds) {
    this.#needs = needs
  }

  /** Our former parent may be dead with no server above it that knew: the root had better ask. */
  parentFound(): void {
    this.parentLost()
    if (this.#needs.log.last > 0) this.serverLeft()
  }

  becameRoot(): void {
    this.serverLeft()
  }

  /** A server is missing, here or below, or may have gone missing while this server had no parent. */
  serverLeft(): void {
    this.#isLossUntold = true
    // It may be one of those that answered: its answer then says nothing of now.
    this.#present = new Set()
  }

  childLost({ link }: Child): void {
    this.serverLeft()
    if (this.#call?.waiting.delete(link) === true) this.#answerIfAll()
  }

  parentLost(): void {
    this.#call = undefined
    this.#dueMs = undefined
    this.#present = new Set()
  }

  /**
   * A user is connected there, says the log. That may have been logged long ago, by a server that died since, in a
   * tree that has only now merged with this one, or on a disk: servers that have not answered yet are asked for.
   */
  heardOf(home: PublisherId): void {
    const { role, self } = this.#needs
    // While others are asked, answers are on their way: the end of the call looks at it.
    if (!role.isRoot || this.#call !== undefined || home === self.publisher) return
    if (!this.#present.has(home)) this.#isLossUntold = true
  }

  /** Our parent asks. */
  asked({ number }: ServerMessageOf<'ROLL_CALL'>): void {
    this.#begin(number, this.#needs.role.parentLink, [])
  }

  /** A child answers for its branch. */
  answered(link: LinkId, { number, homes }: ServerMessageOf<'ROLL_ANSWER'>): void {
    const call = this.#call
    if (call?.number !== number || !call.waiting.delete(link)) return
    for (const home of homes) call.present.add(home)
    this.#answerIfAll()
  }

  /** End of a turn. */
  flush(): void {
    if (!this.#isLossUntold) return
    const { role, links, time, options } = this.#needs
    // An orphan reports it when it has found a parent, or asks itself when it has become a root.
    if (role.isOrphan) return
    this.#isLossUntold = false
    const parent = role.parentLink
    if (parent !== undefined) links.send(parent, { type: 'LOST' })
    else this.#dueMs ??= time.nowMs + options.timing.rollCallAfterMs
  }

  tick(): void {
    const { time, role } = this.#needs
    if (this.#call !== undefined && time.nowMs >= this.#call.deadlineMs) {
      // A server below is slow, or hostile. To declare it gone would be a guess.
      const isOurs = this.#call.asker === undefined
      this.#call = undefined
      if (isOurs) this.serverLeft()
    }
    if (this.#dueMs === undefined || time.nowMs < this.#dueMs || !role.isRoot || this.#call !== undefined)
      return
    this.#dueMs = undefined
    const { presence, self } = this.#needs
    const expected = [...presence.homes()].filter((home) => home !== self.publisher)
    if (expected.length > 0) this.#begin(++this.#number, undefined, expected)
  }

  nextDeadlineMs(): number | undefined {
    return this.#call === undefined ? this.#dueMs : this.#call.deadlineMs
  }

  #begin(number: number, asker: LinkId | undefined, expected: readonly PublisherId[]): void {
    const { children, links, presence, tracker, self, time, options } = this.#needs
    const isHome = tracker.count > 0 || presence.isHome(self.publisher)
    this.#call = {
      number,
      asker,
      waiting: new Set([...children.all()].map(({ link }) => link)),
      present: new Set(isHome ? [self.publisher] : []),
      expected,
      deadlineMs: time.nowMs + options.timing.decideWithinMs,
    }
    for (const link of this.#call.waiting) links.send(link, { type: 'ROLL_CALL', number })
    this.#answerIfAll()
  }

  #answerIfAll(): void {
    const call = this.#call
    if (call === undefined || call.waiting.size > 0) return
    this.#call = undefined
    const { number, asker, present, expected } = call
    const { links, presence } = this.#needs
    if (asker !== undefined) {
      links.send(asker, { type: 'ROLL_ANSWER', number, homes: [...present] })
      return
    }
    const missing = new Set(expected.filter((home) => !present.has(home) && presence.isHome(home)))
    for (const home of missing) this.#declareGone(home)
    // A server was lost during the sweep: it may have answered before. The next sweep is due.
    if (this.#isLossUntold || this.#dueMs !== undefined) return
    this.#present = present
    // Heard of during the sweep, and not named: the next sweep can miss it.
    for (const home of presence.homes()) if (!missing.has(home)) this.heardOf(home)
  }

  #declareGone(home: PublisherId): void {
    const { ownEntries, platform, outbox } = this.#needs
    const body: GoneBody = { server: home }
    outbox.report({ event: 'users-gone', server: home })
    ownEntries.publish('gone', platform.encodeUtf8(JSON.stringify(body)))
  }
}
