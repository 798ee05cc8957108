/**
 * What a turn has put into the outbound queue and taken out of it. What came and went within one turn, or went and
 * came back, leaves no trace.
 */
import { RunTable, type EntryRun, type NumberRange } from '@jwp/protocol'

export class QueueJournal {
  readonly #queued = new RunTable()
  readonly #unqueued = new RunTable()

  added(run: EntryRun): void {
    put(run, this.#unqueued, this.#queued)
  }

  removed(run: EntryRun): void {
    put(run, this.#queued, this.#unqueued)
  }

  /** What has changed since the last call; a field is missing if nothing of its kind has. */
  take(): { queued?: EntryRun[]; unqueued?: NumberRange[] } {
    const queued = this.#queued.all()
    const unqueued = this.#unqueued
      .all()
      .map(({ publisher, firstN, count }): NumberRange => [publisher, firstN, count])
    this.#queued.clear()
    this.#unqueued.clear()
    return { ...(queued.length > 0 ? { queued } : {}), ...(unqueued.length > 0 ? { unqueued } : {}) }
  }
}

/** What is in `from` goes out there; the rest comes into `into`. */
function put(run: EntryRun, from: RunTable, into: RunTable): void {
  const { publisher, firstN, count } = run
  let n = firstN
  for (const part of from.take(publisher, firstN, count)) {
    if (part.firstN > n) into.add(run.slice(n - firstN, part.firstN - firstN))
    n = part.lastN + 1
  }
  if (n < firstN + count) into.add(run.slice(n - firstN))
}
