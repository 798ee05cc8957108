/** One round: its faults strike, they end, and the network gets time to become whole. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AudienceMember } from '../demo/audience-member.js'
import { waitUntil } from '@jwp/transport'
import type { RoundReport } from './chaos-report.js'
import type { Round } from './fault.js'
import type { FleetWatch } from './fleet-watch.js'
import type { Fleet } from './fleet.js'
import { whyOrderIsFree } from './order-promise.js'
import { Scene, strike, type StruckFault } from './strike.js'

/** A tree that is apart for so long after its last fault has failed to heal. */
const wholeLimitMs = 30_000
const lookEveryMs = 20
/** Messages flow for this long after the tree is whole, so that a late hiccup is still measured. */
const settleMs = 300

export interface PlayedRound {
  readonly report: RoundReport
  readonly struck: readonly StruckFault[]
}

export async function playRound(
  round: Round,
  fleet: Fleet,
  watch: FleetWatch,
  audience: readonly AudienceMember[],
  atMs: number,
  scene: Scene,
  onStruck: (words: string) => void,
): Promise<PlayedRound> {
  const startedMs = performance.now()
  const homes = new Map(audience.map((member) => [member, fleet.nameAt(member.server)]))
  for (const member of audience) member.silence.restart()
  const struck = await Promise.all(
    round.strikes.map(async ({ afterMs, fault }) => {
      await sleep(afterMs)
      return strike(fault, fleet, scene, onStruck)
    }),
  )
  const healed = await waitUntil(() => watch.isWhole(), { everyMs: lookEveryMs, limitMs: wholeLimitMs })
  const wholeAfterMs = healed === undefined ? undefined : performance.now() - startedMs
  await sleep(settleMs)
  const hit = new Set(struck.map(({ server }) => server))
  return {
    struck,
    report: {
      atMs,
      faults: struck.map(({ words }) => words),
      spared: struck.flatMap(({ words, sparedSince }) => (sparedSince ? [`${words}: ${sparedSince}`] : [])),
      wholeAfterMs,
      longestSilenceMs: longestOf(audience.filter((member) => !hit.has(homes.get(member)))),
      longestSilenceOfStruckMs: longestOf(audience.filter((member) => hit.has(homes.get(member)))),
      orderFreeSince: whyOrderIsFree(struck),
    },
  }
}

function longestOf(audience: readonly AudienceMember[]): number | undefined {
  if (audience.length === 0) return undefined
  const nowMs = performance.now()
  return Math.max(...audience.map((member) => member.silence.longestMs(nowMs)))
}
