/**
 * What an orphan concludes from a finished poll: wait for an orphan with a better position, take over, or look on.
 *
 * The danger is taking over on stale or partial answers: two roots then order for a moment. So an orphaned heir (a
 * child of the dead root that acknowledged its log) takes over only when every heir answered or is dead and none is
 * connected but silent; all others only after a grace that outlives every takeover of that kind.
 */
import type { Position } from '@jwp/protocol'
import { isBetterPosition } from './position.js'
import { pictureOf, type Candidate } from './parent-poll.js'

export interface ElectionFacts {
  readonly candidates: readonly Candidate[]
  readonly own: Position
  /** This server was an heir of the root that is lost. */
  readonly wasHeir: boolean
  /** Endpoint keys of the path at the time of the loss, nearest first. */
  readonly pathKeys: readonly string[]
  /** Endpoint keys of the heirs at the time of the loss. */
  readonly heirKeys: readonly string[]
  /** How long we have been an orphan. */
  readonly ageMs: number
  readonly graceMs: number
  /** Extra patience of a server with an empty log. */
  readonly freshAloneMs: number
  /** A parent is configured, this server has never been in a tree, and a server is at that address. */
  readonly isExpectedElsewhere: boolean
}

export type Verdict =
  | { readonly is: 'wait'; readonly why: string }
  /** Found a tree, if the next poll gives the same picture. */
  | { readonly is: 'take-over'; readonly picture: string; readonly allGone: boolean }

export function judgePoll(facts: ElectionFacts): Verdict {
  const { candidates, own, wasHeir, pathKeys, heirKeys, ageMs, graceMs, freshAloneMs } = facts
  for (const { answer, key } of candidates) {
    if (answer.is === 'orphan' && isBetterPosition(answer.position, own))
      return { is: 'wait', why: `${key} has a better position` }
  }
  const allGone = candidates.every(({ answer }) => answer.is === 'gone')
  const holdsBack = ({ answer }: Candidate): boolean => answer.is === 'silent' || answer.is === 'busy'

  if (wasHeir) {
    const lostRoot = pathKeys.at(-1)
    const heirsKnown = candidates.every(({ key, answer }) => !heirKeys.includes(key) || hasSpoken(answer.is))
    const noneHoldsBack = !candidates.some((candidate) => candidate.key !== lostRoot && holdsBack(candidate))
    if (heirsKnown && noneHoldsBack) {
      const near = candidates.filter(({ key }) => heirKeys.includes(key) || pathKeys.includes(key))
      return { is: 'take-over', picture: `heirs ${pictureOf(near)}`, allGone }
    }
  }

  if (facts.isExpectedElsewhere) return { is: 'wait', why: 'the server to join (-rp) accepts connections' }

  const othersHoldBack = candidates.some(
    (candidate) => !pathKeys.includes(candidate.key) && holdsBack(candidate),
  )
  const waitMs = graceMs * (othersHoldBack ? 3 : 1) + freshAloneMs
  if (ageMs > waitMs) return { is: 'take-over', picture: `all ${pictureOf(candidates)}`, allGone }
  return { is: 'wait', why: 'some known servers have not answered' }
}

function hasSpoken(is: Candidate['answer']['is']): boolean {
  return is !== 'dialling' && is !== 'silent' && is !== 'unreachable'
}
