/**
 * Cutting the log: what a new root never had goes back into the queue and up again. Every healing is this one
 * operation: attach, cut to the common prefix, re-send what was cut.
 */
import type { LogEntry, LogIndex, PendingEntry } from '@jwp/protocol'
import { noPublisher } from '@jwp/protocol'
import type { Parts } from '../parts.js'

export class Cutting {
  readonly #parts: Parts
  /** What waits again, after it had its place. */
  readonly #cut = new WeakSet<PendingEntry>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Removes the entries after `end`; they become pending again. Returns them, oldest first. */
  cutTo(end: LogIndex): PendingEntry[] {
    const { log, commitment, children, streams, directory, sessions, acknowledgements, stability, outbox } =
      this.#parts
    const { persistence, down, presence, presenceDesk, takeovers } = this.#parts
    if (end >= log.last) return []
    const removed = log.cutTo(end)
    if (removed.length === 0) return []
    const newEnd = log.last
    const cutApplied = removed.slice(0, Math.max(0, commitment.applied - newEnd))
    commitment.cutTo(newEnd)
    stability.cutTo(newEnd)
    persistence.cutTo(newEnd)
    down.cutTo(newEnd)
    for (const child of children.all()) {
      if (child.sent > newEnd) child.hasStaleTail = true
      child.sent = Math.min(child.sent, newEnd)
      child.sentCommit = Math.min(child.sentCommit, newEnd)
      child.acknowledged = Math.min(child.acknowledged, newEnd)
    }
    if (cutApplied.length > 0) {
      sessions.cutApplied(newEnd, cutApplied)
      acknowledgements.cutTo(newEnd)
      directory.cutTo(newEnd)
      if (presence.cutTo(newEnd)) streams.presenceWasCut()
      presenceDesk.cutTo(newEnd)
      takeovers.cutTo(newEnd)
      streams.cutTo(newEnd, cutApplied)
    }
    outbox.report({ event: 'entries-cut', from: newEnd + 1, count: removed.length })
    return this.#pendAgain(removed)
  }

  #pendAgain(removed: readonly LogEntry[]): PendingEntry[] {
    const pending = removed.filter((entry) => entry.publisher !== noPublisher)
    for (const { publisher, n, kind, body } of pending) {
      const again = { publisher, n, kind, body }
      if (this.#parts.queue.add(again)) this.#cut.add(again)
    }
    return pending
  }

  /** Another message has the place of one that was in the log, under its number: that one is in no log any more. */
  isReplaced(waiting: PendingEntry | undefined, by: PendingEntry): boolean {
    return waiting !== undefined && this.#cut.has(waiting) && !isSame(waiting.body, by.body)
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k])
}
