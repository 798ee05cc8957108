/** Carries one fault out on a fleet, from the first signal until it is over. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkView } from '../tree/network-view.js'
import { cutApart, cutFromClients, cutOff, cutPair } from './cuts.js'
import { describeFault, kindOf } from './describe-fault.js'
import type { Fault, Target } from './fault.js'
import type { Fleet } from './fleet.js'

/** What became of a fault. Times by the clock of this process. */
export interface StruckFault {
  readonly fault: Fault
  readonly words: string
  /** For figures. */
  readonly kind: string
  /** The server that it struck, if it was one. */
  readonly server: string | undefined
  readonly fromMs: number
  readonly toMs: number
  /** Between the first server that came back from a blackout and the last. */
  readonly returnSpreadMs?: number
  /** Why it did not strike. */
  readonly sparedSince?: string
}

/** How the network was when a round began: parts are given out once, for all of its faults. */
export class Scene {
  readonly #root: string | undefined
  readonly #heir: string | undefined
  /** Root and in-sync children: while one of them lives, nothing is lost and one order continues. */
  readonly #electors: ReadonlySet<string>
  readonly #ended = new Set<string>()
  readonly paused = new Set<string>()
  /** They tell of it when they wake, a little later. */
  readonly wasPaused = new Set<string>()

  constructor(view: NetworkView) {
    const root = view.servers.find(({ role }) => role === 'root')
    const core = (root?.children ?? []).filter((child) => child.core).map(({ address }) => address.name)
    this.#root = root?.name
    this.#heir = root?.succession[0]?.address.name
    this.#electors = new Set([...(root ? [root.name] : []), ...core])
  }

  isRoot(server: string | undefined): boolean {
    return server !== undefined && server === this.#root
  }

  nameOf(target: Target): string | undefined {
    if ('server' in target) return target.server
    return target.role === 'root' ? this.#root : (this.#heir ?? this.#root)
  }

  /** Would this end the last of {root, core}? Order and acknowledged messages are promised only while one lives. */
  wouldEndCore(server: string): boolean {
    const left = [...this.#electors].filter((name) => name !== server && !this.#ended.has(name))
    return this.#electors.has(server) && left.length === 0
  }

  ended(server: string): void {
    this.#ended.add(server)
  }
}

export async function strike(
  drawn: Fault,
  fleet: Fleet,
  scene: Scene,
  onStruck: (words: string) => void,
): Promise<StruckFault> {
  const server = 'target' in drawn ? scene.nameOf(drawn.target) : undefined
  const fault = withAnother(drawn, server, fleet.names)
  const fromMs = performance.now()
  const words = describeFault(fault, server)
  const told = { fault, words, kind: kindOf(fault, scene.isRoot(server)), server, fromMs }
  const sparedSince = reasonToSpare(fault, fleet, scene, server)
  onStruck(sparedSince === undefined ? words : `${words}: spared, ${sparedSince}`)
  if (sparedSince !== undefined) return { ...told, toMs: fromMs, sparedSince }
  if (fault.kind === 'blackout') {
    const returnSpreadMs = await blackout(fault.backAfterMs, fleet)
    return { ...told, toMs: performance.now(), returnSpreadMs }
  }
  await execute(fault, fleet, scene, server ?? '')
  return { ...told, toMs: performance.now() }
}

/** The root may be the very server that it was to be cut from. */
function withAnother(fault: Fault, server: string | undefined, names: readonly string[]): Fault {
  if (fault.kind !== 'cut-pair' || fault.other !== server) return fault
  return { ...fault, other: names.find((name) => name !== server) ?? fault.other }
}

function reasonToSpare(
  fault: Fault,
  fleet: Fleet,
  scene: Scene,
  server: string | undefined,
): string | undefined {
  if (!('target' in fault)) return undefined
  if (server === undefined) return 'there is none at the moment'
  if (!fleet.process(server).isRunning) return 'it is down'
  if ((fault.kind === 'kill' || fault.kind === 'restart') && scene.wouldEndCore(server))
    return 'it is the last of the root and its core'
  if (fault.kind === 'restart' && scene.paused.has(server)) return 'it is paused'
  if (fault.kind === 'pause' && scene.paused.has(server)) return 'it is paused already'
  return undefined
}

async function execute(
  fault: Exclude<Fault, { kind: 'blackout' }>,
  fleet: Fleet,
  scene: Scene,
  server: string,
): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      scene.ended(server)
      await fleet.process(server).kill()
      await sleep(fault.backAfterMs)
      return fleet.startAgain(server)
    case 'restart':
      scene.ended(server)
      await fleet.process(server).leave()
      return fleet.startAgain(server)
    case 'pause': {
      const paused = fleet.process(server)
      scene.paused.add(server)
      scene.wasPaused.add(server)
      paused.pause()
      await sleep(fault.forMs)
      paused.resume()
      scene.paused.delete(server)
      return
    }
    case 'cut-off':
      return silence(fleet.cut(cutOff(server, fault.way)), fault.forMs)
    case 'cut-pair':
      return silence(fleet.cut(cutPair(server, fault.other, fault.way)), fault.forMs)
    case 'cut-apart':
      return silence(fleet.cut(cutApart(fault.side, fleet.names)), fault.forMs)
    case 'cut-clients':
      return silence(fleet.cut(cutFromClients(server)), fault.forMs)
    case 'hang-up':
      return fleet.process(server).dropConnections()
    case 'clock':
      return disturbClock(fault.how, fault.forMs, fleet)
  }
}

async function blackout(backAfterMs: number, fleet: Fleet): Promise<number> {
  await Promise.all([...fleet.names.map((name) => fleet.process(name).kill()), fleet.clock.kill()])
  await sleep(backAfterMs)
  return fleet.startAll()
}

async function disturbClock(how: 'kill' | 'pause' | 'cut', forMs: number, fleet: Fleet): Promise<void> {
  // Another fault of this round may have it already.
  if (!fleet.clock.isRunning) return
  if (how === 'cut') return silence(fleet.cut(cutOff('clock', 'both')), forMs)
  if (how === 'pause') {
    fleet.clock.pause()
    await sleep(forMs)
    return fleet.clock.resume()
  }
  await fleet.clock.kill()
  await sleep(forMs)
  return fleet.startClock()
}

async function silence(end: () => void, forMs: number): Promise<void> {
  await sleep(forMs)
  end()
}
