/** A clock and a tree of servers, each a real process on this machine. */
import { join } from 'node:path'
import { clockOptions } from '@jwp/clock-server/options'
import { argvOf } from '@jwp/protocol/options'
import { dataOptions, ownServerOptions, remoteOptions } from '@jwp/server/options'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { clockCommandOptions } from '../options/clock-command-options.js'
import { placeOptions } from '../options/server-command-options.js'
import { JwpProcess } from './jwp-process.js'
import type { NetworkPlan, ServerPlan } from './network-plan.js'

/** A server that leaves hands its entries on first; this is more than it allows itself. */
export const leaveLimitMs = 5_000

export interface LocalNetworkEvents {
  readonly onLine?: (label: string, line: string) => void
  /** A process ended unexpectedly. */
  readonly onUnexpectedEnd?: (label: string) => void
}

export class LocalNetwork {
  readonly plan: NetworkPlan
  #clock: JwpProcess
  #servers: readonly JwpProcess[]
  #isEnding = false
  #killed = new Set<JwpProcess>()

  /** Starts all processes at once; a server whose parent is not up yet asks again by itself. */
  constructor(plan: NetworkPlan, events: LocalNetworkEvents = {}) {
    this.plan = plan
    const started = (label: string, argv: string[], environment: Record<string, string>): JwpProcess => {
      const child = new JwpProcess({
        label,
        argv,
        environment,
        ...(events.onLine && { onLine: (line) => events.onLine!(label, line) }),
      })
      void child.ended.then(() => {
        if (!this.#isEnding && !this.#killed.has(child)) events.onUnexpectedEnd?.(label)
      })
      return child
    }
    const clockArgv = [
      'clock',
      ...argvOf(clockOptions, { listenPort: plan.clockPort }),
      ...argvOf(clockCommandOptions, { data: dataFolderOf(plan, 'clock') }),
      ...(plan.clockFlags ?? []),
    ]
    this.#clock = started('clock', clockArgv, runtimeEnvironment(plan))
    this.#servers = plan.servers.map((server) =>
      started(server.name, serverArgv(plan, server), serverEnvironment(plan, server)),
    )
  }

  /** Resolves when all processes listen. If one cannot, all are ended and its failure is thrown. */
  async listening(): Promise<void> {
    try {
      await Promise.all([this.#clock, ...this.#servers].map((child) => child.listening))
    } catch (failure) {
      await this.end()
      throw failure
    }
  }

  /** Servers that have not been killed and have not ended by themselves. */
  runningServers(): ServerPlan[] {
    return this.plan.servers.filter(
      (_, at) => !this.#servers[at]!.isGone && !this.#killed.has(this.#servers[at]!),
    )
  }

  /** SIGKILL to one server. */
  kill(name: string): void {
    const at = this.plan.servers.findIndex((server) => server.name === name)
    const server = this.#servers[at]
    if (!server) throw new CliFailure(`no server is called ${name}`, { exitCode: exitCodes.failed })
    this.#killed.add(server)
    server.kill()
  }

  /** All leave in order: the deepest level first, the clock last. Resolves when all are gone. */
  async end(): Promise<void> {
    this.#isEnding = true
    for (const level of levelsOf(this.plan.servers).reverse()) {
      await Promise.all(level.map((at) => this.#servers[at]!.leave(leaveLimitMs)))
    }
    await this.#clock.leave(leaveLimitMs)
  }

  /** SIGKILL to all, for a user who will not wait. */
  endAtOnce(): void {
    this.#isEnding = true
    for (const child of [...this.#servers, this.#clock]) child.kill()
  }
}

const runtimeEnvironment = ({ runtimeFolder }: NetworkPlan): Record<string, string> =>
  runtimeFolder === undefined ? {} : { JWP_RUNTIME_DIR: runtimeFolder }

function serverArgv(plan: NetworkPlan, server: ServerPlan): string[] {
  const parent = parentOf(plan, server)
  return [
    'server',
    ...argvOf(ownServerOptions, { listenPort: server.port, advertisedHost: plan.host, name: server.name }),
    ...argvOf(placeOptions, { clocks: [{ hostname: plan.host, port: plan.clockPort }] }),
    ...(parent ? argvOf(remoteOptions, { host: plan.host, port: parent.port }) : []),
    ...argvOf(dataOptions, { path: dataFolderOf(plan, `server-${server.port}`) }),
    ...(plan.serverFlags ?? []),
  ]
}

const dataFolderOf = ({ dataFolder }: NetworkPlan, name: string): string | undefined =>
  dataFolder === undefined ? undefined : join(dataFolder, name)

function serverEnvironment(plan: NetworkPlan, server: ServerPlan): Record<string, string> {
  const parent = parentOf(plan, server)
  // An inherited parent secret would be taken for ours: always set it.
  return {
    ...runtimeEnvironment(plan),
    ...plan.serverEnvironment,
    JWP_SECRET: server.secret,
    JWP_PARENT_SECRET: parent?.secret ?? '',
  }
}

function parentOf(plan: NetworkPlan, server: ServerPlan): ServerPlan | undefined {
  return server.parent === undefined ? undefined : plan.servers[server.parent]
}

/** Places in the plan by depth, the root's level first. */
function levelsOf(servers: readonly ServerPlan[]): number[][] {
  const levels: number[][] = []
  const depths: number[] = []
  for (const [at, { parent }] of servers.entries()) {
    const depth = parent === undefined ? 0 : depths[parent]! + 1
    depths.push(depth)
    ;(levels[depth] ??= []).push(at)
  }
  return levels
}
