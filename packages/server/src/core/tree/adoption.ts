/**
 * Being asked: may this server become our child, may that tree merge with ours?
 *
 * Only the root answers. Everybody else sends the question up, hop by hop (a CHECK), and a hop that finds itself
 * to be the asker says so. That walk is what makes rings impossible: a check passes a server only while it is
 * attached, and an orphan or a merging root refuses, so "my check passed X before X's own was sent" cannot hold
 * all the way around a ring. (Refusing orphans alone did not do it: 4 to 5 % of single crashes closed a ring.)
 */
import type { Address, LinkId, Lineage, RefusalReason, ServerMessage, ServerMessageOf } from '@jwp/protocol'
import { commonPrefix, lineageEnd, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { Child } from './children.js'

type Authenticate = ServerMessageOf<'AUTHENTICATE'>
type Check = ServerMessageOf<'CHECK'>

/**
 * A question that went up is remembered for so long, in milliseconds: lines above that we do not see may be long. Who asked
 * gives up sooner, and by that its question is void.
 */
const checkLifetimeMs = 30_000
/** More than this nobody means; the oldest is forgotten first. */
const maxOpenChecks = 4_096

/** A question that went up and has not come back. */
interface OpenCheck {
  readonly expiresMs: number
  answer(result: ServerMessageOf<'CHECK_RESULT'>): void
}

type Ruling =
  | { readonly ok: true; readonly rootLineage: Lineage }
  | { readonly ok: false; readonly refusal: Omit<ServerMessageOf<'REFUSE'>, 'type'> }

export class Adoption {
  readonly #parts: Parts
  readonly #openChecks = new Map<number, OpenCheck>()
  #nextNonce = 1
  #coreCounter = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The question itself, when we are the one who asks. */
  authenticate(to: Address, kind: { dry: boolean; root: boolean }): ServerMessage {
    const { self, log, children, place } = this.#parts
    return {
      type: 'AUTHENTICATE',
      secret: to.secret,
      mysecret: self.address.secret,
      name: self.address.name,
      hostname: self.address.host,
      port: self.address.port,
      id: self.id,
      lineage: log.lineage,
      base: log.base,
      length: log.last,
      size: children.treeSize(),
      sinceMs: place.sinceMs,
      root: kind.root,
      dry: kind.dry,
    }
  }

  asked(link: LinkId, message: Authenticate): void {
    const ruling = this.#ruleAlone(message)
    if (ruling === undefined)
      this.#checkAbove(message, (result) => this.#rule(link, message, rulingOf(result)))
    else this.#rule(link, message, ruling)
  }

  /** A child passes on somebody's question. */
  checkAsked(link: LinkId, check: Check): void {
    const { place, links } = this.#parts
    const answer = (result: ServerMessageOf<'CHECK_RESULT'>): void =>
      links.send(link, { ...result, nonce: check.nonce })
    const ruling = this.#ruleAtHop(check)
    if (ruling === undefined) this.#checkAbove(check, answer)
    else answer(this.#resultOf(ruling, place.highestEpochNumber))
  }

  checkAnswered(result: ServerMessageOf<'CHECK_RESULT'>): void {
    this.#parts.place.sawEpochNumber(result.epochNumber)
    const open = this.#openChecks.get(result.nonce)
    this.#openChecks.delete(result.nonce)
    open?.answer(result)
  }

  /** We have no root above any more: everybody who waits for an answer hears that. */
  orphaned(): void {
    const { place } = this.#parts
    const open = [...this.#openChecks.values()]
    this.#openChecks.clear()
    const result = this.#resultOf(
      { ok: false, refusal: { why: 'orphan', position: place.position() } },
      place.highestEpochNumber,
    )
    for (const check of open) check.answer(result)
  }

  tick(): void {
    for (const [nonce, check] of this.#openChecks)
      if (check.expiresMs <= this.#parts.time.nowMs) this.#openChecks.delete(nonce)
  }

  nextDeadlineMs(): number | undefined {
    // In the order of asking, which is nearly that of expiring; a little late does not matter here.
    return this.#openChecks.values().next().value?.expiresMs
  }

  /** A child whose log has caught up joins those whose acknowledgement commits. */
  nextCorePlace(): number {
    return ++this.#coreCounter
  }

  /** What we can say without asking anybody; undefined: the root must be asked. */
  #ruleAlone(message: Authenticate): Ruling | undefined {
    const { place, children } = this.#parts
    if (message.id === this.#parts.self.id) return refuse('cycle')
    if (place.isOrphan) return { ok: false, refusal: { why: 'orphan', position: place.position() } }
    if (!message.dry && !message.root && this.#hasNoRoomFor(message)) return this.#full()
    if (this.#nameIsTaken(message, children.named(message.name)?.address)) return refuse('taken')
    return place.isRoot ? this.#decide(message, addressOf(message)) : undefined
  }

  #ruleAtHop(check: Check): Ruling | undefined {
    const { place, self } = this.#parts
    if (check.id === self.id) return refuse('cycle')
    if (place.isOrphan) return { ok: false, refusal: { why: 'orphan', position: place.position() } }
    if (this.#nameIsTaken(check, undefined)) return refuse('taken')
    return place.isRoot ? this.#decide(check, undefined) : undefined
  }

  /** As the root. `address`: where to find a root that asked, if we know. */
  #decide(asker: Authenticate | Check, address: Address | undefined): Ruling {
    const { merging, log } = this.#parts
    if (merging.isMerging) return refuse('busy')
    if (asker.root && merging.weAreJuniorTo(asker)) {
      if (address !== undefined) merging.askToMerge(address)
      return refuse('senior')
    }
    return { ok: true, rootLineage: log.lineage }
  }

  #rule(link: LinkId, message: Authenticate, ruling: Ruling): void {
    const { links, place, deadpool, startingOver } = this.#parts
    const peer = links.get(link)
    if (peer === undefined || peer.purpose !== 'stranger') return
    // Whoever uses a name that is live elsewhere is not the one whom we know by it.
    if (ruling.ok || ruling.refusal.why !== 'taken') deadpool.renewed(addressOf(message))
    if (!ruling.ok) links.send(link, { type: 'REFUSE', ...ruling.refusal })
    else if (holdsMoreThan(ruling.rootLineage, message)) links.send(link, { type: 'REFUSE', why: 'senior' })
    // Our log is about to become another one: who took ours would have to start over twice.
    else if (startingOver.isWaiting) links.send(link, { type: 'REFUSE', why: 'busy' })
    else if (message.dry) links.send(link, { type: 'REFUSE', why: 'rooted' })
    // The answer may come when things have changed: look again at what must hold now.
    else if (place.isOrphan) links.send(link, { type: 'REFUSE', why: 'orphan', position: place.position() })
    else if (!message.root && this.#hasNoRoomFor(message)) {
      const full = this.#full()
      if (!full.ok) links.send(link, { type: 'REFUSE', ...full.refusal })
    } else this.#adopt(link, message, ruling.rootLineage)
  }

  #adopt(link: LinkId, message: Authenticate, rootLineage: Lineage): void {
    const { links, children, log, place, deadpool, stability, options, commitment, outbox, loads } =
      this.#parts
    const old = children.named(message.name)
    if (old !== undefined) this.#parts.down.dropChild(old, 'came back under the same name')
    const peer = links.get(link)!
    peer.purpose = 'child'
    peer.heardMs = this.#parts.time.nowMs
    const address = addressOf(message)
    const common = Math.min(
      log.commonWith(message.lineage),
      commonPrefix(rootLineage, message.lineage),
      this.#parts.down.end,
    )
    const needsSnapshot = common < Math.max(log.base, message.base)
    const child: Child = {
      link,
      id: message.id,
      address,
      size: message.size,
      members: [address],
      strangers: [],
      // What either side has dropped cannot be compared entry by entry: a snapshot bridges it.
      snapshot: undefined,
      sent: needsSnapshot ? log.base : common,
      hasStaleTail: false,
      sentCommit: 0,
      acknowledged: 0,
      coreSince: undefined,
      laggingSinceMs: undefined,
      applied: 0,
      heldBatch: 0,
      toldHeldBatch: 0,
    }
    children.add(child)
    links.send(link, {
      type: 'AUTHENTICATION_SUCCESS',
      id: this.#parts.self.id,
      path: [{ id: this.#parts.self.id, address: this.#parts.self.address }, ...deadpool.path],
      succession: place.isRoot ? children.succession() : deadpool.succession,
      rootLineage,
      epochNumber: place.highestEpochNumber,
      ...this.#parts.takeovers.stampForChildren(),
      everywhere: stability.everywhere,
      contacts: [...children.sample().slice(1), ...deadpool.contacts]
        .filter((a) => !sameEndpoint(a, address))
        .slice(0, options.limits.maxChildren + 32),
      clock: this.#parts.clocks.known,
      you: address,
    })
    if (needsSnapshot) this.#parts.down.beginSnapshot(child)
    this.#parts.heartbeats.greet(peer)
    deadpool.met([address])
    outbox.report({ event: 'child-joined', child: child.id, size: child.size })
    stability.changed()
    loads.childrenChanged()
    commitment.childJoined()
  }

  #checkAbove(asker: Authenticate | Check, answer: OpenCheck['answer']): void {
    const { place, links, time } = this.#parts
    const parent = place.parentLink
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
    const { children } = this.#parts
    return children.isFull && children.named(message.name) === undefined
  }

  #full(): Ruling {
    const redirect = this.#parts.children.leastLoaded()?.address
    return { ok: false, refusal: { why: 'full', ...(redirect === undefined ? {} : { redirect }) } }
  }

  /** Somebody else in our part of the tree has that name. The same name at the same address is the same server, restarted. */
  #nameIsTaken(asker: Authenticate | Check, childOfThatName: Address | undefined): boolean {
    const { self, children } = this.#parts
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
