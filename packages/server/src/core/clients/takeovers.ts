/**
 * One session, one holder. A client that shows a session's token continues it, at any server. The connection that had
 * it before is closed, wherever in the tree it is, and gets a reason if it belongs to another holder. The later
 * resumption wins, by stamps that grow like Lamport's, so of two at once exactly one holder is left.
 *
 * Each server publishes in the log which sessions were resumed there. So trees that merge settle it without further
 * messages: each side gets with the log what the other side published, once. A session that was never resumed needs
 * no entry: a holder elsewhere has resumed it, and its server publishes that.
 *
 * A client that changes its server stays one holder (`holder` in its LOGIN): it does not take over its own session
 * when a login that it has given up is answered late.
 */
import {
  MalformedMessage,
  maxHoldingsPerEntry,
  resumedBodyShape,
  unixMsOfTimestamp,
  type LogEntry,
  type LogIndex,
  type PublisherId,
  type SessionHolding,
  type SessionId,
  type Platform,
} from '@jwp/protocol'
import type { LogProjection } from '../projections/log-projection.js'
import type { ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { ClientState, NumberedSession } from './client-state.js'
import type { Calendar } from '../log/calendar.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Sessions } from './sessions.js'
import type { OwnEntries } from '../log/own-entries.js'
import type { Self } from '../self.js'

export interface TakeoversNeeds {
  readonly calendar: Pick<Calendar, 'hybridMs'>
  readonly log: Pick<Log, 'lastTimestamp' | 'marksOf'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
  readonly sessions: Pick<Sessions, 'close' | 'holderOf' | 'numbered'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly platform: Pick<Platform, 'decodeUtf8' | 'encodeUtf8'>
  readonly self: Pick<Self, 'publisher'>
}

export class Takeovers implements LogProjection, TreeListener {
  readonly #needs: TakeoversNeeds
  /** Highest that was heard of. */
  #highestStamp = 0
  /** Still to be published in the log. */
  #news: SessionHolding[] = []

  constructor(needs: TakeoversNeeds) {
    this.#needs = needs
  }

  get hasNews(): boolean {
    return this.#news.length > 0
  }

  /** For AUTHENTICATION_SUCCESS and PATH: what the log has dropped may have been higher than anything in it. */
  stampForChildren(): { readonly resumedStamp?: number } {
    return this.#highestStamp === 0 ? {} : { resumedStamp: this.#highestStamp }
  }

  sawStamp(stamp = 0): void {
    this.#highestStamp = Math.max(this.#highestStamp, stamp)
  }

  /** A client here continues its session: all servers will learn of it. Returns the stamp of that. */
  resumed(session: SessionId, mark: string): number {
    const { calendar, log } = this.#needs
    const nowMs = Math.max(Math.floor(calendar.hybridMs), unixMsOfTimestamp(log.lastTimestamp))
    this.sawStamp(Math.max(nowMs, this.#highestStamp + 1))
    this.#news.push([session, this.#highestStamp, mark])
    return this.#highestStamp
  }

  /** Its session continues elsewhere, with the holder of this mark. */
  end(before: ClientState, mark: string): void {
    if (before.session?.mark !== mark) {
      const info = 'this session was taken over'
      this.#needs.outbox.sendToClient(before.id, { command: 'AUTHENTICATION_FAIL', info })
    }
    // Its user is where the session is.
    this.#needs.sessions.close(before, { isMoving: true })
  }

  parentFound({ answer }: ParentFound): void {
    this.sawStamp(answer.resumedStamp)
  }

  applyActivities(): void {
    // None tells who holds a session.
  }

  apply(entry: LogEntry, index: LogIndex): void {
    if (entry.kind === 'skip') this.#skipped(entry)
    if (entry.kind !== 'resumed') return
    for (const holding of this.#holdingsOf(entry)) {
      this.sawStamp(holding[1])
      const client = this.#needs.sessions.holderOf(holding[0])
      if (client?.session !== undefined)
        this.#compare(client, client.session, holding, entry.publisher, index)
    }
  }

  /** Positions after this are truncated: what was published there is on its way again. */
  cutTo(end: LogIndex): void {
    for (const session of this.#needs.sessions.numbered())
      if (session.toldAt !== undefined && session.toldAt > end) session.toldAt = undefined
  }

  settle(): void {
    // Nothing is kept to undo entries.
  }

  endApply(): void {
    // Published at the end of the turn.
  }

  restart(): void {
    // The holdings of this server are published again when the new base is complete.
  }

  endRestart(): void {
    this.sayAgain()
  }

  /**
   * The new log lacks holdings that this server or others had published. Then even sessions that were never resumed
   * are named: a server where one of them was resumed may have published that in a part that is no longer kept, and
   * answers.
   */
  sayAgain(): void {
    for (const session of this.#needs.sessions.numbered()) this.#say(session)
  }

  /** Before the turn's entries are ordered, or go up. */
  flush(): void {
    const { ownEntries, platform } = this.#needs
    const news = this.#news
    if (news.length === 0) return
    this.#news = []
    for (let from = 0; from < news.length; from += maxHoldingsPerEntry) {
      const sessions = news.slice(from, from + maxHoldingsPerEntry)
      ownEntries.publish('resumed', platform.encodeUtf8(JSON.stringify({ sessions })))
    }
  }

  /** It may stand for entries of ours that are in no log any more. */
  #skipped(entry: LogEntry): void {
    const { log, self } = this.#needs
    if (log.marksOf(entry).some(([publisher]) => publisher === self.publisher)) this.sayAgain()
  }

  #compare(
    client: ClientState,
    ours: NumberedSession,
    [, stamp, mark]: SessionHolding,
    home: PublisherId,
    index: LogIndex,
  ): void {
    const order = stamp - ours.stamp || compare(mark, ours.mark) || compare(home, this.#needs.self.publisher)
    if (order > 0) this.end(client, mark)
    else if (order === 0) ours.toldAt = index
    // It comes after this server's entry, from a server that did not know of it: a log that starts over there has
    // lost it.
    else if (ours.toldAt !== undefined && ours.toldAt < index) this.#say(ours)
  }

  #say(session: NumberedSession): void {
    session.toldAt = undefined
    this.#news.push([session.id, session.stamp, session.mark])
  }

  /** A body that is something else says nothing, everywhere alike. */
  #holdingsOf({ kind, body }: LogEntry): readonly SessionHolding[] {
    try {
      return resumedBodyShape(JSON.parse(this.#needs.platform.decodeUtf8(body)), kind).sessions
    } catch (error) {
      if (error instanceof MalformedMessage || error instanceof SyntaxError) return []
      throw error
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
