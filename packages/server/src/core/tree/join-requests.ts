/**
 * Join requests: may this server become a child, may that tree merge with this one?
 *
 * Only the root answers. All others send the question up, hop by hop (a CHECK), and a hop that is the asker itself
 * says so. That walk is what makes rings impossible: a check passes a server only while it is attached, and an orphan
 * or a merging root refuses, so "my check passed X before X's own was sent" cannot hold all the way around a ring.
 * (Refusing orphans alone did not do it: 4 to 5 % of single crashes closed a ring.)
 */
import type { Address, LinkId, Lineage, LogIndex, RefusalReason, ServerMessageOf } from '@jwp/protocol'
import { commonPrefix, lineageEnd, sameEndpoint } from '@jwp/protocol'
import type { ClockChoice } from '../log/clock-choice.js'
import type { Log } from '../log/log.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Child } from './child.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkTable } from './link-table.js'
import type { Merging } from './merging.js'
import type { OwnPosition } from './position.js'
import type { RoleKeeper } from './role.js'
import type { Terms } from './terms.js'
import type { Topology } from './topology.js'
import type { TreeListener } from './tree-listener.js'

type Authenticate = ServerMessageOf<'AUTHENTICATE'>
type Check = ServerMessageOf<'CHECK'>

/**
 * A question that went up is remembered for so long, in milliseconds: the lines above may be long. The asker gives up
 * sooner, and then its question is void.
 */
const checkLifetimeMs = 30_000
/** More than this is hostile; the oldest is forgotten first. */
const maxOpenChecks = 4_096

/** A question that went up and has not come back. */
interface OpenCheck {
  readonly expiresMs: number
  answer(result: ServerMessageOf<'CHECK_RESULT'>): void
}

type Ruling =
  | { readonly ok: true; readonly rootLineage: Lineage }
  | { readonly ok: false; readonly refusal: Omit<ServerMessageOf<'REFUSE'>, 'type'> }

export interface JoinRequestsNeeds {
  readonly self: Pick<Self, 'id' | 'address'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'limits'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'parentLink'>
  readonly terms: Pick<Terms, 'highest' | 'saw'>
  readonly position: Pick<OwnPosition, 'now'>
  readonly log: Pick<Log, 'lineage' | 'base' | 'commonWith'>
  readonly links: Pick<LinkTable, 'get' | 'send' | 'admit'>
  readonly children: Pick<
    Children,
    'all' | 'named' | 'isFull' | 'add' | 'drop' | 'sample' | 'sendOneMoreBelow'
  >
  readonly deadpool: Pick<Deadpool, 'renewed' | 'met' | 'contacts'>
  readonly topology: Pick<Topology, 'pathBelow' | 'heirs'>
  readonly clocks: Pick<ClockChoice, 'known'>
  readonly merging: Pick<Merging, 'isMerging' | 'weAreJuniorTo' | 'askToMerge'>
  readonly listeners: Required<Pick<TreeListener, 'childJoined'>>
  readonly outbox: Pick<Outbox, 'report'>
  /** What a child has to know of resumed sessions. */
  readonly resumedStamp: () => { readonly resumedStamp?: number }
  /** How far our log may go down. */
  readonly logEnd: () => LogIndex
  readonly stableIndex: () => LogIndex
  /** Our log is about to become another one. */
  readonly isSnapshotDue: () => boolean
}

export class JoinRequests {
  readonly #needs: JoinRequestsNeeds
  readonly #openChecks = new Map<number, OpenCheck>()
  #nextNonce = 1

  constructor(needs: JoinRequestsNeeds) {
    this.#needs = needs
  }

  asked(link: LinkId, message: Authenticate): void {
    const ruling = this.#ruleAlone(message)
    if (ruling === undefined)
      this.#checkAbove(message, (result) => this.#rule(link, message, rulingOf(result)))
    else this.#rule(link, message, ruling)
  }

  /** A child passes on the question of a server. */
  checkAsked(link: LinkId, check: Check): void {
    const { terms, links } = this.#needs
    const answer = (result: ServerMessageOf<'CHECK_RESULT'>): void =>
      links.send(link, { ...result, nonce: check.nonce })
    const ruling = this.#ruleAtHop(check)
    if (ruling === undefined) this.#checkAbove(check, answer)
    else answer(this.#resultOf(ruling, terms.highest))
  }

  checkAnswered(result: ServerMessageOf<'CHECK_RESULT'>): void {
    this.#needs.terms.saw(result.epochNumber)
    const open = this.#openChecks.get(result.nonce)
    this.#openChecks.delete(result.nonce)
    open?.answer(result)
  }

  /** There is no root above any more: all askers that wait for an answer are told so. */
  orphaned(): void {
    const { terms, position } = this.#needs
    const open = [...this.#openChecks.values()]
    this.#openChecks.clear()
    const result = this.#resultOf(
      { ok: false, refusal: { why: 'orphan', position: position.now() } },
      terms.highest,
    )
    for (const check of open) check.answer(result)
  }

  tick(): void {
    for (const [nonce, check] of this.#openChecks)
      if (check.expiresMs <= this.#needs.time.nowMs) this.#openChecks.delete(nonce)
  }

  nextDeadlineMs(): number | undefined {
    // In the order of asking, which is nearly that of expiring; a little late does not matter here.
    return this.#openChecks.values().next().value?.expiresMs
  }

  /** What this server can answer alone; undefined: the root must be asked. */
  #ruleAlone(message: Authenticate): Ruling | undefined {
    const { self, role, position, children } = this.#needs
    if (message.id === self.id) return refuse('cycle')
    if (role.isOrphan) return { ok: false, refusal: { why: 'orphan', position: position.now() } }
    if (!message.dry && !message.root && this.#hasNoRoomFor(message)) return this.#full()
    if (this.#nameIsTaken(message, children.named(message.name)?.address)) return refuse('taken')
    return role.isRoot ? this.#decide(message, addressOf(message)) : undefined
  }

  #ruleAtHop(check: Check): Ruling | undefined {
    const { role, self, position } = this.#needs
    if (check.id === self.id) return refuse('cycle')
    if (role.isOrphan) return { ok: false, refusal: { why: 'orphan', position: position.now() } }
    if (this.#nameIsTaken(check, undefined)) return refuse('taken')
    return role.isRoot ? this.#decide(check, undefined) : undefined
  }

  /** As the root. `address`: where to find a root that asked, if we know. */
  #decide(asker: Authenticate | Check, address: Address | undefined): Ruling {
    const { merging, log } = this.#needs
    if (merging.isMerging) return refuse('busy')
    if (asker.root && merging.weAreJuniorTo(asker)) {
      if (address !== undefined) merging.askToMerge(address)
      return refuse('senior')
    }
    return { ok: true, rootLineage: log.lineage }
  }

  #rule(link: LinkId, message: Authenticate, ruling: Ruling): void {
    const { links, role, position, deadpool, isSnapshotDue } = this.#needs
    const peer = links.get(link)
    if (peer === undefined || peer.purpose !== 'unknown') return
    // A server that uses a name that is live elsewhere is not the one that is known by it.
    if (ruling.ok || ruling.refusal.why !== 'taken') deadpool.renewed(addressOf(message))
    if (!ruling.ok) links.send(link, { type: 'REFUSE', ...ruling.refusal })
    else if (holdsMoreThan(ruling.rootLineage, message)) links.send(link, { type: 'REFUSE', why: 'senior' })
    // The log here is about to become another one: a child that took it would have to start over twice.
    else if (isSnapshotDue()) links.send(link, { type: 'REFUSE', why: 'busy' })
    else if (message.dry) links.send(link, { type: 'REFUSE', why: 'rooted' })
    // The answer may come when things have changed: look again at what must hold now.
    else if (role.isOrphan) links.send(link, { type: 'REFUSE', why: 'orphan', position: position.now() })
    else if (!message.root && this.#hasNoRoomFor(message)) {
      const full = this.#full()
      if (!full.ok) links.send(link, { type: 'REFUSE', ...full.refusal })
    } else this.#take(link, message, ruling.rootLineage)
  }

  #take(link: LinkId, message: Authenticate, rootLineage: Lineage): void {
    const { self, options, terms, log, links, children, deadpool, topology, clocks } = this.#needs
    const { listeners, outbox, logEnd, stableIndex, resumedStamp } = this.#needs
    const old = children.named(message.name)
    if (old !== undefined) children.drop(old, 'restarted under the same name')
    const address = addressOf(message)
    const common = Math.min(
      log.commonWith(message.lineage),
      commonPrefix(rootLineage, message.lineage),
      logEnd(),
    )
    const child: Child = { link, id: message.id, address }
    children.add(child, message.size)
    links.admit(links.get(link)!, {
      type: 'AUTHENTICATION_SUCCESS',
      id: self.id,
      path: topology.pathBelow(),
      succession: topology.heirs(),
      rootLineage,
      epochNumber: terms.highest,
      ...resumedStamp(),
      everywhere: stableIndex(),
      contacts: [...children.sample().slice(1), ...deadpool.contacts]
        .filter((a) => !sameEndpoint(a, address))
        .slice(0, options.limits.maxChildren + 32),
      clock: clocks.known,
      you: address,
    })
    deadpool.met([address])
    outbox.report({ event: 'child-joined', child: child.id, size: message.size })
    listeners.childJoined({ child, common, needsSnapshot: common < Math.max(log.base, message.base) })
  }

  #checkAbove(asker: Authenticate | Check, answer: OpenCheck['answer']): void {
    const { role, links, time } = this.#needs
    const parent = role.parentLink
    if (parent === undefined) return
    const nonce = this.#nextNonce++
    const [oldest] = this.#openChecks.keys()
    if (this.#openChecks.size >= maxOpenChecks) this.#openChecks.delete(oldest!)
    this.#openChecks.set(nonce, { expiresMs: time.nowMs + checkLifetimeMs, answer })
    const { id, name, hostname, port, root, size, sinceMs, length } = asker
    links.send(parent, { type: 'CHECK', nonce, id, name, hostname, port, root, size, sinceMs, length })
  }

  #resultOf(ruling: Ruling, epochNumber: number): ServerMessageOf<'CHECK_RESULT'> {
    if (ruling.ok)
      return { type: 'CHECK_RESULT', nonce: 0, ok: true, rootLineage: ruling.rootLineage, epochNumber }
    const { why, position } = ruling.refusal
    return {
      type: 'CHECK_RESULT',
      nonce: 0,
      ok: false,
      why,
      epochNumber,
      ...(position === undefined ? {} : { position }),
    }
  }

  /** A server that was our child and comes back takes its old place, so it never finds us full. */
  #hasNoRoomFor(message: Authenticate): boolean {
    const { children } = this.#needs
    return children.isFull && children.named(message.name) === undefined
  }

  #full(): Ruling {
    const redirect = this.#needs.children.sendOneMoreBelow()?.address
    return { ok: false, refusal: { why: 'full', ...(redirect === undefined ? {} : { redirect }) } }
  }

  /**
   * Another server in this part of the tree has that name. The same name at the same address is the same server,
   * restarted.
   */
  #nameIsTaken(asker: Authenticate | Check, childOfThatName: Address | undefined): boolean {
    const { self, children } = this.#needs
    if (asker.name === self.address.name) return true
    const elsewhere = (other: Address | undefined): boolean =>
      other !== undefined && other.name === asker.name && other.port !== asker.port
    return elsewhere(childOfThatName) || children.sample().some(elsewhere)
  }
}

function addressOf(message: Authenticate): Address {
  return { name: message.name, host: message.hostname, port: message.port, secret: message.mysecret }
}

/**
 * It has dropped history that this tree never had: below us that would be lost, and what it keeps would wait behind
 * the gap. It founds a tree of its own, and as the longer log that is the one in which both meet.
 */
function holdsMoreThan(rootLineage: Lineage, { root, lineage, base, length }: Authenticate): boolean {
  return !root && commonPrefix(rootLineage, lineage) < base && lineageEnd(rootLineage) < length
}

function refuse(why: RefusalReason): Ruling {
  return { ok: false, refusal: { why } }
}

function rulingOf(result: ServerMessageOf<'CHECK_RESULT'>): Ruling {
  if (result.ok) return { ok: true, rootLineage: result.rootLineage ?? [] }
  const { why = 'busy', position } = result
  return { ok: false, refusal: { why, ...(position === undefined ? {} : { position }) } }
}
