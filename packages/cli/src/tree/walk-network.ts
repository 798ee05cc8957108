/**
 * Finds all servers of a network from one or a few of them: asks each for its status, then all servers that its
 * answer names. Answers carry the secrets of others only if the right one was shown.
 */
import { isLoopbackHost, type Address, type ServerId, type ServerStatus } from '@jwp/protocol'
import type { NetworkView, SilentServer } from './network-view.js'

/** The servers to ask, and the secrets to show them. */
export interface StatusTarget {
  readonly host: string
  readonly port: number
  readonly secret: string
}

export type AskStatus = (target: StatusTarget) => Promise<ServerStatus>

export interface WalkResult extends NetworkView {
  /** Servers that answered: where the next walk may start. */
  readonly answered: readonly StatusTarget[]
  /** Why each target of the start that failed did so. */
  readonly failures: readonly unknown[]
}

/** Asks all servers of a level at once; resolves when no new one is named. Never rejects. */
export async function walkNetwork(start: readonly StatusTarget[], ask: AskStatus): Promise<WalkResult> {
  const asked = new Set<string>()
  const servers = new Map<ServerId, ServerStatus>()
  const silent: SilentServer[] = []
  const failures: unknown[] = []
  const answered: StatusTarget[] = []
  let level: Candidate[] = start.map((target) => ({ target, id: undefined }))
  let isStart = true
  while (level.length > 0) {
    const next: Candidate[] = []
    await Promise.all(
      level.map(async ({ target, id }) => {
        const key = keyOf(target)
        if (asked.has(key)) return
        asked.add(key)
        try {
          const status = await ask(target)
          servers.set(status.id, status)
          answered.push(target)
          next.push(...namedBy(status, target))
        } catch (failure) {
          if (isStart) failures.push(failure)
          silent.push({
            endpoint: { hostname: target.host, port: target.port },
            id,
            reason: reasonOf(failure),
          })
        }
      }),
    )
    level = next
    isStart = false
  }
  return { servers: [...servers.values()], silent, failures, answered }
}

interface Candidate {
  readonly target: StatusTarget
  /** Set for a child that its parent named: then its silence is worth drawing there. */
  readonly id: ServerId | undefined
}

function namedBy(status: ServerStatus, asked: StatusTarget): Candidate[] {
  const relatives: [Address, ServerId | undefined][] = [
    ...status.children.map(({ address, id }): [Address, ServerId] => [address, id]),
    ...status.ancestry.map(({ address }): [Address, undefined] => [address, undefined]),
  ]
  return relatives.map(([address, id]) => ({
    // A server that calls its neighbour "localhost" means its own machine, not ours.
    target: { ...address, host: isLoopbackHost(address.host) ? asked.host : address.host },
    id,
  }))
}

/** All names of this machine are one place. */
const keyOf = ({ host, port }: StatusTarget) =>
  `${isLoopbackHost(host) ? 'localhost' : host.toLowerCase()}:${port}`

const reasonOf = (failure: unknown) => (failure instanceof Error ? failure.message : String(failure))
