/** Draws named users who come and go. Drawn apart, so that worlds without them are what they were. */
import { Random } from '@jwp/protocol'
import type { Limits } from '@jwp/server/core'
import type { ServerPlan, UserPlan, VisitPlan } from './world-plan.js'

export interface UsersDrawn {
  readonly users: readonly UserPlan[]
  readonly limits: Partial<Limits>
}

/** @param share of the worlds that have users @param toMs no visit begins later */
export function drawUsers(
  seed: number,
  servers: readonly ServerPlan[],
  share: number,
  toMs: number,
): UsersDrawn {
  const random = new Random(Math.imul(seed, 0x2c1b3c6d) ^ 0x9e091e)
  if (!random.chance(share)) return { users: [], limits: {} }
  const names = servers.map((server) => server.name)
  const count = 1 + random.below(5)
  const users = Array.from({ length: count }, (_, k): UserPlan => {
    const name = `visitor${k}`
    return { name, visits: withLibrary(seed, k, drawVisits(random, names, toMs)) }
  })
  const offline = random.pick(['missed', 'missed', 'missed', 'missed', 'all', 'all', 'none'] as const)
  return { users, limits: { offline, backlogMs: random.pick([0, 2_000, 86_400_000]) } }
}

/**
 * In half of the worlds a careful user may use the library. Drawn apart, so that the others are what they were
 * without.
 */
function withLibrary(seed: number, k: number, visits: readonly VisitPlan[]): VisitPlan[] {
  const random = new Random(Math.imul(seed, 31) ^ (0x11b + k))
  const share = seed % 2 === 0 ? 0 : 0.6
  return visits.map((visit) =>
    visit.program === 'careful' && random.chance(share) ? { ...visit, program: 'library' } : visit,
  )
}

function drawVisits(random: Random, names: readonly string[], toMs: number): VisitPlan[] {
  const visits: VisitPlan[] = []
  const isRestless = random.chance(0.4)
  let atMs = random.between(200, 1_500)
  while (atMs < toMs) {
    const own = random.pick(names)
    const staysMs = Math.floor(isRestless ? random.between(20, 800) : random.between(300, 4_000))
    const awayMs = random.chance(0.15) ? -random.between(0, staysMs) : drawAbsence(random, isRestless)
    visits.push({
      program: random.chance(0.6) ? 'careful' : 'plain',
      servers: [own, ...names.filter((name) => name !== own)],
      startAtMs: Math.floor(atMs),
      staysMs,
      ends: random.chance(0.4) ? 'logout' : 'kill',
    })
    atMs += staysMs + awayMs
  }
  return visits.map((visit, k) => {
    // On the last visit the user stays.
    if (k < visits.length - 1) return visit
    const { program, servers, startAtMs, ends } = visit
    return { program, servers, startAtMs, ends }
  })
}

/** Mostly away for long enough to be missed, now and then back before a server has noticed. */
function drawAbsence(random: Random, isRestless: boolean): number {
  return random.chance(isRestless ? 0.6 : 0.2) ? random.between(0, 100) : random.between(100, 3_000)
}
