/**
 * Makes a failing run smaller while it still fails: fewer faults, then fewer clients, then fewer servers. The trace of
 * what is left is short enough to read.
 */
import type { UserPlan, WorldPlan } from './world-plan.js'

/**
 * @param fails whether a run of this plan still breaks the promise in question
 * @param maxRuns the most that `fails` is asked: each is a whole run
 * @returns the smallest failing plan found; `plan` itself if nothing could be taken away
 */
export function shrinkPlan(plan: WorldPlan, fails: (plan: WorldPlan) => boolean, maxRuns: number): WorldPlan {
  let smallest = plan
  let runs = 0
  const tryPlan = (candidate: WorldPlan): boolean => {
    if (runs >= maxRuns) return false
    runs++
    if (!fails(candidate)) return false
    smallest = candidate
    return true
  }
  for (;;) {
    const before = smallest
    dropPieces(smallest.faults, (faults) => tryPlan({ ...smallest, faults }))
    dropPieces(smallest.clients, (clients) => clients.length > 0 && tryPlan({ ...smallest, clients }))
    dropPieces(visitsOf(smallest.users), (visits) => tryPlan({ ...smallest, users: usersOf(visits) }))
    dropPieces(smallest.servers, (servers) => {
      const candidate = withServers(smallest, servers)
      return candidate !== undefined && tryPlan(candidate)
    })
    if (smallest === before || runs >= maxRuns) return smallest
  }
}

type Visit = readonly [user: string, visit: UserPlan['visits'][number]]

function visitsOf(users: readonly UserPlan[] = []): Visit[] {
  return users.flatMap(({ name, visits }) => visits.map((visit): Visit => [name, visit]))
}

function usersOf(visits: readonly Visit[]): UserPlan[] {
  const names = [...new Set(visits.map(([name]) => name))]
  return names.map((name) => ({
    name,
    visits: visits.filter(([other]) => other === name).map(([, visit]) => visit),
  }))
}

/**
 * Tries to do without halves, quarters and so on, down to single items. Where none of a few can be left out, one of them
 * may still be enough alone: with one fewer, the world is another one.
 */
function dropPieces<Item>(items: readonly Item[], holds: (kept: readonly Item[]) => boolean): void {
  let kept = items
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length;) {
      const without = [...kept.slice(0, start), ...kept.slice(start + size)]
      if (holds(without)) kept = without
      else start += size
    }
  }
  if (kept.length > 1 && kept.length <= fewEnough) items.find((item) => holds([item]))
}

/** So many are tried one by one. */
const fewEnough = 8

/** The plan with these servers only, or undefined if a client would be left without a server to go to. */
function withServers(plan: WorldPlan, servers: WorldPlan['servers']): WorldPlan | undefined {
  const names = new Set(servers.map((server) => server.name))
  const founds = servers.some((server) => server.remote === undefined)
  const allJoin = servers.every((server) => server.remote === undefined || names.has(server.remote))
  if (!founds || !allJoin) return undefined
  const clients = plan.clients.map((client) => ({
    ...client,
    servers: client.servers.filter((name) => names.has(name)),
  }))
  const visits = visitsOf(plan.users).map(([user, visit]): Visit => [
    user,
    { ...visit, servers: visit.servers.filter((name) => names.has(name)) },
  ])
  if ([...clients, ...visits.map(([, visit]) => visit)].some((goer) => goer.servers.length === 0))
    return undefined
  return { ...plan, servers, clients, ...(plan.users === undefined ? {} : { users: usersOf(visits) }) }
}
