/** What an orphan makes of a poll, as a table of cases; and who is better placed. */
import test from 'ava'
import { asLinkId, asServerId, asServerName, notAnHeir, type Address, type Position } from '@jwp/protocol'
import { judgePoll, type ElectionFacts } from '#dist/core/tree/election.js'
import { isBetterPosition } from '#dist/core/tree/position.js'
import type { Candidate, PollAnswer } from '#dist/core/tree/parent-poll.js'

const position = (epochNumber: number, index: number, rank: number, id: string): Position => ({
  epochNumber,
  index,
  rank,
  id: asServerId(id),
})

const own = position(3, 100, 1, 'm#1')
const better = position(3, 101, 5, 'z#1')
const worse = position(3, 99, 0, 'a#1')

function candidate(name: string, answer: PollAnswer): Candidate {
  const address: Address = { name: asServerName(name), host: name, port: 1, secret: '' }
  return { key: name, address, link: asLinkId(1), dialledMs: 0, askedMs: undefined, answer }
}

/** A core child of the dead root r, whose other heirs are h and i; c is a contact. */
function facts(answers: Record<string, PollAnswer>, more: Partial<ElectionFacts> = {}): ElectionFacts {
  return {
    candidates: Object.entries(answers).map(([name, answer]) => candidate(name, answer)),
    own,
    wasHeir: true,
    pathKeys: ['r'],
    heirKeys: ['h', 'i'],
    ageMs: 10,
    graceMs: 2_000,
    freshAloneMs: 0,
    isExpectedElsewhere: false,
    ...more,
  }
}

const gone: PollAnswer = { is: 'gone' }
const silent: PollAnswer = { is: 'silent' }
const worseOrphan: PollAnswer = { is: 'orphan', position: worse }
const betterOrphan: PollAnswer = { is: 'orphan', position: better }

const table: readonly (readonly [string, ElectionFacts, 'take-over' | 'wait'])[] = [
  [
    'every heir is dead or worse: take over at once',
    facts({ r: gone, h: gone, i: worseOrphan }),
    'take-over',
  ],
  ['a better placed orphan will do it', facts({ r: gone, h: betterOrphan, i: gone }), 'wait'],
  ['however long it takes', facts({ r: gone, h: betterOrphan, i: gone }, { ageMs: 1e9 }), 'wait'],
  [
    'whom we were told to join is there: no tree of our own, however long it takes',
    facts({ r: silent }, { wasHeir: false, ageMs: 1e9, isExpectedElsewhere: true }),
    'wait',
  ],
  ['an heir is connected but silent', facts({ r: gone, h: silent, i: gone }), 'wait'],
  ['an heir cannot be reached: it may live', facts({ r: gone, h: { is: 'unreachable' }, i: gone }), 'wait'],
  ['any other server is connected but silent', facts({ r: gone, h: gone, i: gone, c: silent }), 'wait'],
  [
    'a contact cannot be reached: that is no heir',
    facts({ r: gone, h: gone, i: gone, c: { is: 'unreachable' } }),
    'take-over',
  ],
  ['the lost root itself does not count', facts({ r: silent, h: gone, i: gone }), 'take-over'],
  ['somebody is just merging', facts({ r: gone, h: gone, i: gone, c: { is: 'busy' } }), 'wait'],
  ['who was not core waits for the grace', facts({ r: gone, h: gone, i: gone }, { wasHeir: false }), 'wait'],
  [
    'and takes over after it',
    facts({ r: gone, h: gone, i: gone }, { wasHeir: false, ageMs: 2_001 }),
    'take-over',
  ],
  [
    'three times the grace while somebody holds back',
    facts({ c: silent }, { wasHeir: false, ageMs: 2_001 }),
    'wait',
  ],
  ['but not for ever', facts({ c: silent }, { wasHeir: false, ageMs: 6_001 }), 'take-over'],
  [
    'an empty log waits longer',
    facts({ c: gone }, { wasHeir: false, ageMs: 2_001, freshAloneMs: 10_000 }),
    'wait',
  ],
]

for (const [story, given, expected] of table) {
  test(`election: ${story}`, (t) => {
    t.is(judgePoll(given).is, expected)
  })
}

test('only when everybody is dead is a new root certain to be alone', (t) => {
  const certain = (answers: Record<string, PollAnswer>): boolean => {
    const verdict = judgePoll(facts(answers))
    return verdict.is === 'take-over' && verdict.allGone
  }
  t.true(certain({ r: gone, h: gone, i: gone }))
  t.false(certain({ r: gone, h: gone, i: worseOrphan }))
  t.false(certain({ r: silent, h: gone, i: gone }))
})

test('the picture of a core orphan leaves out contacts, so that a flapping one does not hold up the election', (t) => {
  const picture = (c: PollAnswer): string | undefined => {
    const verdict = judgePoll(facts({ r: gone, h: gone, i: gone, c }))
    return verdict.is === 'take-over' ? verdict.picture : undefined
  }
  t.is(picture(gone), picture({ is: 'unreachable' }))
})

test('newer term, then longer log, then earlier heir, then lower id', (t) => {
  const falling = [
    position(4, 1, notAnHeir, 'z#1'),
    position(3, 101, notAnHeir, 'z#1'),
    position(3, 100, 0, 'z#1'),
    position(3, 100, 1, 'a#1'),
    position(3, 100, 1, 'b#1'),
  ]
  for (const [i, a] of falling.entries()) {
    for (const [j, b] of falling.entries()) t.is(isBetterPosition(a, b), i < j, `${i} against ${j}`)
  }
})
