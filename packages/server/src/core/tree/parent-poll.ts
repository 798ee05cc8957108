/**
 * One round of asking all known servers at once "would you take me?". All in parallel: asked one after the other, a
 * root's death took seconds to heal, long enough for a second crash to lose messages.
 *
 * Plain bookkeeping: which server was asked, and what it answered. `election.ts` decides what follows.
 */
import type { Address, LinkId, Position } from '@jwp/protocol'
import { endpointKey } from './endpoint-key.js'

export type PollAnswer =
  /** The connection has not opened yet. */
  | { readonly is: 'dialling' }
  /** Connected, question sent, no answer yet. */
  | { readonly is: 'silent' }
  /** The connection was refused or broke: the process is dead or goes. */
  | { readonly is: 'gone' }
  /** The network says it cannot be reached: whether it lives is unknown. */
  | { readonly is: 'unreachable' }
  /** There is a root above, and it would have us. */
  | { readonly is: 'rooted' }
  | { readonly is: 'orphan'; readonly position: Position }
  | { readonly is: 'busy' }
  /** It answered, but cannot help: it is below us, or does not know our secret, or the like. */
  | { readonly is: 'useless'; readonly why: string }

export interface Candidate {
  readonly key: string
  readonly address: Address
  readonly link: LinkId
  readonly dialledMs: number
  /** When the question was put. */
  askedMs: number | undefined
  answer: PollAnswer
}

export class Poll {
  readonly startedMs: number
  readonly #byLink = new Map<LinkId, Candidate>()
  /** When the first "I would take you" came. */
  firstRootedMs: number | undefined

  constructor(startedMs: number) {
    this.startedMs = startedMs
  }

  ask(address: Address, link: LinkId): void {
    this.#byLink.set(link, {
      key: endpointKey(address),
      address,
      link,
      dialledMs: this.startedMs,
      askedMs: undefined,
      answer: { is: 'dialling' },
    })
  }

  /** Asked in an earlier poll; its answer was not there yet when that one was over. */
  carryOn(candidate: Candidate): void {
    this.#byLink.set(candidate.link, candidate)
    if (candidate.answer.is === 'rooted') this.firstRootedMs ??= this.startedMs
  }

  at(link: LinkId): Candidate | undefined {
    return this.#byLink.get(link)
  }

  all(): Candidate[] {
    return [...this.#byLink.values()]
  }

  answered(link: LinkId, answer: PollAnswer, nowMs: number): void {
    const candidate = this.#byLink.get(link)
    if (candidate === undefined) return
    candidate.answer = answer
    if (answer.is === 'rooted') this.firstRootedMs ??= nowMs
  }

  rooted(): Candidate[] {
    return this.all().filter((candidate) => candidate.answer.is === 'rooted')
  }

  open(): Candidate[] {
    return this.all().filter(({ answer }) => answer.is === 'dialling' || answer.is === 'silent')
  }
}

/** All answers as a text: two polls with the same picture saw the same world. */
export function pictureOf(candidates: readonly Candidate[]): string {
  return candidates
    .map(({ key, answer }) => `${key}=${answer.is === 'dialling' ? 'unreachable' : answer.is}`)
    .sort()
    .join(' ')
}
