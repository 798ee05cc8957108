/** Kills one server and measures what its network and its clients make of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalNetwork } from '../network/local-network.js'
import type { NetworkWatch } from '../network/network-watch.js'
import { isWhole, type NetworkView } from '../tree/network-view.js'
import type { AudienceMember } from './audience-member.js'
import type { KillReport } from './demo-report.js'
import { waitUntil } from '@jwp/transport'

/** The steady time before a kill: it shows what silence is usual, and people find the victim in the picture. */
const steadyMs = 1_500
/** Messages flow for this long after the tree is whole, so that a late hiccup is still measured. */
const settleMs = 1_700
const wholeLimitMs = 10_000
/** How finely "whole again" is measured. */
const lookEveryMs = 15

export interface Killing {
  readonly report: KillReport
  /** The network after it. */
  readonly view: NetworkView
}

export async function killAndWatch(
  network: LocalNetwork,
  watch: NetworkWatch,
  audience: readonly AudienceMember[],
  victim: string,
  onKilled: (role: KillReport['role']) => void,
): Promise<Killing> {
  restartAll(audience)
  await sleep(steadyMs)
  const usualSilenceMs = longestOf(audience)
  const role = roleOf(await watch.look(), victim)
  const port = network.plan.servers.find((server) => server.name === victim)!.port
  const moving = audience.filter((member) => member.server?.port === port)
  const staying = audience.filter((member) => !moving.includes(member))

  restartAll(audience)
  network.kill(victim)
  onKilled(role)
  const survivors = network.runningServers().length
  const wholeAfterMs = await waitUntil(async () => isWhole(await watch.look(), survivors), {
    everyMs: lookEveryMs,
    limitMs: wholeLimitMs,
  })
  await sleep(settleMs)
  return {
    report: {
      server: victim,
      role,
      wholeAfterMs,
      longestSilenceMs: longestOf(staying),
      longestSilenceOfMovedMs: longestOf(moving),
      usualSilenceMs,
    },
    view: await watch.look(),
  }
}

function roleOf(view: NetworkView, name: string): KillReport['role'] {
  const status = view.servers.find((server) => server.name === name)
  if (status?.role === 'root') return 'root'
  return status && status.children.length > 0 ? 'inner server' : 'leaf'
}

function restartAll(audience: readonly AudienceMember[]): void {
  for (const member of audience) member.silence.restart()
}

function longestOf(audience: readonly AudienceMember[]): number {
  const nowMs = performance.now()
  return Math.max(0, ...audience.map((member) => member.silence.longestMs(nowMs)))
}
