/** Taking a parent, hearing of changes above, and losing it. */
import type { Address, LinkId, ServerMessageOf } from '@jwp/protocol'
import { lineageEnd } from '@jwp/protocol'
import type { Parts } from '../parts.js'

export class Attachment {
  readonly #parts: Parts
  /** When the parent took us. */
  #takenMs = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** AUTHENTICATION_SUCCESS of the attempt under way. */
  accepted(link: LinkId, message: ServerMessageOf<'AUTHENTICATION_SUCCESS'>): void {
    const {
      place,
      links,
      deadpool,
      orphanhood,
      merging,
      desk,
      commitment,
      cutting,
      log,
      up,
      down,
      stability,
      loads,
      outbox,
      heartbeats,
    } = this.#parts
    const peer = links.get(link)
    if (peer === undefined) return
    if (this.#isOurOwn(message.path)) {
      // The net under the walk: a ring must never stand, not for a moment.
      links.close(link)
      orphanhood.lost(link, 'gone', 'its path has ourselves in it')
      merging.lost(link)
      return
    }
    peer.purpose = 'parent'
    this.#takenMs = this.#parts.time.nowMs
    place.now = { role: 'child', parentLink: link, parentId: message.id }
    orphanhood.end(link)
    merging.endReign()
    desk.endReign()
    commitment.endReign()
    place.sawEpochNumber(message.epochNumber)
    this.#parts.takeovers.sawStamp(message.resumedStamp)
    deadpool.path = message.path
    deadpool.succession = message.succession
    deadpool.heardOf(message.contacts)
    deadpool.met(message.path.map((ancestor) => ancestor.address))
    this.#parts.clocks.learn(message.clock)
    this.#parts.self.address = { ...this.#parts.self.address, host: message.you.host }
    // Against the root's lineage, not the parent's: the parent may merely lag.
    this.#parts.startingOver.parentFound(log.commonWith(message.rootLineage))
    cutting.cutTo(log.commonWith(message.rootLineage))
    // Not if the common prefix lies below what we have dropped: then a snapshot comes first.
    if (message.path.length === 1 && log.commonWith(message.rootLineage) >= log.base) down.parentIsRoot()
    down.tellPath()
    up.parentFound()
    stability.parentFound(message.everywhere)
    loads.parentFound(lineageEnd(message.rootLineage))
    heartbeats.greet(peer)
    // Our former parent may be dead with nobody above it who knew: the root had better ask.
    if (log.last > 0) this.#parts.rollCall.somebodyLeft()
    outbox.report({ event: 'became-child', parent: message.id })
  }

  pathChanged(message: ServerMessageOf<'PATH'>): void {
    const { place, deadpool, down, orphanhood } = this.#parts
    place.sawEpochNumber(message.epochNumber)
    this.#parts.takeovers.sawStamp(message.resumedStamp)
    if (this.#isOurOwn(message.path)) {
      orphanhood.backOff()
      this.leaveParent('its path has ourselves in it')
      return
    }
    deadpool.path = message.path
    deadpool.succession = message.succession
    deadpool.met(message.path.map((ancestor) => ancestor.address))
    this.#parts.clocks.learn(message.clock)
    down.tellPath()
  }

  /** The parent does not speak as a parent should: better none. */
  leaveParent(why: string): void {
    const link = this.#parts.place.parentLink
    if (link === undefined) return
    this.#parts.links.close(link)
    this.lost(why, undefined)
  }

  /** `left`: the parent told us that it goes. */
  lost(why: string, left: Address | undefined): void {
    const { place, outbox, up, down, adoption, orphanhood, loads } = this.#parts
    const parent = place.now.role === 'child' ? place.now.parentId : undefined
    outbox.report({ event: 'orphaned', parent, why })
    up.parentLost()
    down.parentLost()
    loads.parentLost()
    this.#parts.rollCall.parentLost()
    this.#parts.startingOver.parentLost()
    if (left === undefined) orphanhood.stayed(this.#parts.time.nowMs - this.#takenMs)
    orphanhood.begin({ left })
    adoption.orphaned()
  }

  #isOurOwn(path: ServerMessageOf<'PATH'>['path']): boolean {
    return path.some((ancestor) => ancestor.id === this.#parts.self.id)
  }
}
