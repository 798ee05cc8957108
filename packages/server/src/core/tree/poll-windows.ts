/** How long a poll waits for a server: one that is known to be far away needs longer. */
import type { TurnTime } from '../turn-time.js'
import type { LinkTable } from './link-table.js'
import type { Candidate, Poll } from './parent-poll.js'
import type { RetryBudget } from './retry-budget.js'
import type { Timers } from './timers.js'

export interface PollWindowsNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'attachTimeoutMs' | 'pollMinMs'>
  readonly retry: Pick<RetryBudget, 'openingMs' | 'answerMs' | 'longestOpeningMs' | 'longestAnswerMs'>
  readonly links: Pick<LinkTable, 'get'>
}

export class PollWindows {
  readonly #needs: PollWindowsNeeds

  constructor(needs: PollWindowsNeeds) {
    this.#needs = needs
  }

  /** Every candidate has had the time that it may be expected to need. */
  isOver(poll: Poll): boolean {
    return poll.open().length === 0 || this.#needs.time.nowMs >= this.endsMs(poll)
  }

  /** No candidate is missing then of which more can be expected. */
  endsMs(poll: Poll): number {
    const ends = poll.open().map((candidate) => this.candidateEndsMs(poll, candidate))
    return Math.max(this.leastEndsMs(poll), ...ends)
  }

  /** The usual limit, for any server. */
  leastEndsMs({ startedMs }: Poll): number {
    return startedMs + this.#needs.timers.attachTimeoutMs()
  }

  /** From then on servers that are not even connected are not waited for. */
  leastWaitEndsMs({ startedMs }: Poll): number {
    return startedMs + this.#needs.timers.pollMinMs()
  }

  candidateEndsMs(poll: Poll, { address, link, dialledMs, askedMs }: Candidate): number {
    const { retry, links } = this.#needs
    const peer = links.get(link)
    const endsMs =
      askedMs === undefined || peer === undefined
        ? dialledMs + retry.openingMs(address)
        : askedMs + retry.answerMs(peer)
    return Math.max(this.leastEndsMs(poll), endsMs)
  }

  /** A candidate that has not answered is given up then, poll or no poll; undefined: its link is gone. */
  givenUpAtMs({ address, link, dialledMs, askedMs }: Candidate): number | undefined {
    const { retry, links } = this.#needs
    const peer = links.get(link)
    if (peer === undefined) return undefined
    return askedMs === undefined
      ? dialledMs + retry.longestOpeningMs(address)
      : askedMs + retry.longestAnswerMs(peer)
  }
}
