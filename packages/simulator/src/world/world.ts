/**
 * A world of real cores on invented time. It starts what its plan names, lets the faults strike, and then heals; it
 * judges nothing itself: observers do.
 */
import type { Address, Platform } from '@jwp/protocol'
import { asServerName, Random } from '@jwp/protocol'
import { defaultLimits } from '@jwp/server/core'
import { EventQueue } from './event-queue.js'
import type { FaultScene } from './faults/fault-scene.js'
import { strikeFault } from './faults/strike-fault.js'
import { findTarget, type Target } from './faults/target.js'
import { Network } from './network/network.js'
import { Observers, type Observer } from './observers.js'
import type { ClientPlan, ServerPlan, VisitPlan, WorldPlan } from './plan/world-plan.js'
import type { Account } from './processes/account.js'
import type { ClientProcess } from './processes/client-process.js'
import { ClockProcess } from './processes/clock-process.js'
import { Disk, type DiskPace } from './processes/disk.js'
import { ForeignServer, type ForeignEra } from './processes/foreign-server.js'
import { LibraryClient } from './processes/library-client.js'
import { PlainClient } from './processes/plain-client.js'
import { Provisioner } from './processes/provisioner.js'
import { ServerProcess } from './processes/server-process.js'
import { IndependentClient } from './processes/independent-client.js'
import { User, type UserVisit } from './processes/user.js'
import { VisitClient } from './processes/visit-client.js'
import { simulatedTiming } from './simulated-timing.js'
import { VisitorClient } from './processes/visitor-client.js'
import type { WorldParts } from './world-parts.js'

/** 2026-01-01: invented time begins at a time that timestamps can hold. */
const worldStartMs = 1_767_225_600_000
const firstPort = 4_000
const usualDiskPaceMs: DiskPace = [0.5, 3]
const programs = {
  library: LibraryClient,
  independent: IndependentClient,
  plain: PlainClient,
  visitor: VisitorClient,
} as const

/** How a server that was dead is started again. */
interface StartOptions {
  /** Name of a server to join instead of the planned one. */
  readonly remote?: string
  /** Its disk was replaced by an empty one. */
  readonly losesDisk?: boolean
  /** It gets another host and port. */
  readonly moves?: boolean
}

export class World implements FaultScene {
  readonly plan: WorldPlan
  readonly queue = new EventQueue(worldStartMs)
  readonly network: Network
  readonly clock: ClockProcess
  /** Every run of every server, the dead ones too, in the order in which they started. */
  readonly servers: ServerProcess[] = []
  readonly clients: ClientProcess[] = []
  readonly users: readonly User[]
  /** Those of another version, by the name of the server in whose place each is or was. */
  readonly #foreign = new Map<string, ForeignServer>()
  #newcomers = 0
  readonly #parts: WorldParts
  readonly #observers = new Observers()
  readonly #serverPlans = new Map<string, ServerPlan>()
  readonly #runs = new Map<string, number>()
  readonly #disks = new Map<string, Disk>()
  /** Undefined: no server starts others. */
  readonly #provisioner: Provisioner | undefined
  /** How often a server has got another address. */
  readonly #moves = new Map<string, number>()
  #endings: (() => void)[] = []

  get platform(): Platform {
    return this.#parts.platform
  }

  constructor(plan: WorldPlan, platform: Platform, observers: readonly Observer[]) {
    this.plan = plan
    for (const observer of observers) this.#observers.add(observer)
    const random = new Random(plan.seed ^ 0x0ddba11)
    this.network = new Network(this.queue, plan.network, plan.seed)
    this.#parts = { queue: this.queue, random, network: this.network, platform, observers: this.#observers }
    if (plan.growth !== undefined) {
      this.#provisioner = new Provisioner(this.#parts, plan.growth, (server) => this.addServer(server))
    }
    this.clock = new ClockProcess(this.#parts)
    this.clock.start()
    for (const server of plan.servers) this.#serverPlans.set(server.name, server)
    for (const server of plan.servers) this.queue.after(server.startAtMs, () => this.startServer(server.name))
    for (const client of plan.clients) this.queue.after(client.startAtMs, () => this.startClient(client))
    this.users = (plan.users ?? []).map(
      (user) => new User(this.#parts, user, (account, visit, name) => this.#startVisit(account, visit, name)),
    )
    for (const fault of plan.faults) {
      if (fault.atMs < plan.harmMs) this.queue.after(fault.atMs, () => strikeFault(this, fault))
    }
  }

  observe(observer: Observer): void {
    this.#observers.add(observer)
  }

  /** Milliseconds since the world began. */
  get elapsedMs(): number {
    return this.queue.nowMs - worldStartMs
  }

  advance(ms: number): void {
    const untilMs = this.queue.nowMs + ms
    while (this.queue.step(untilMs));
  }

  /** @returns whether it came true in time */
  advanceUntil(isTrue: () => boolean, withinMs: number, stepMs = 50): boolean {
    const untilMs = this.queue.nowMs + withinMs
    while (!isTrue()) {
      if (this.queue.nowMs >= untilMs) return false
      this.advance(Math.min(stepMs, untilMs - this.queue.nowMs))
    }
    return true
  }

  /** The faults are over: lasting ones end, the clock is back, no client publishes any more. */
  heal(): void {
    const endings = this.#endings
    this.#endings = []
    for (const end of endings) end()
    this.clock.start()
    for (const client of this.clients) client.stopPublishing()
    for (const user of this.users) user.settle()
  }

  /** Starts a server for the first time, or again as a new incarnation that remembers its contacts. */
  startServer(name: string, { remote, losesDisk, moves }: StartOptions = {}): ServerProcess {
    const plan = this.#serverPlans.get(name)
    if (plan === undefined) throw new Error(`no server is called ${name}`)
    const run = (this.#runs.get(name) ?? 0) + 1
    this.#runs.set(name, run)
    // Only one can listen there.
    this.#foreign.get(name)?.end()
    const joins = remote ?? plan.remote
    const before = this.servers.findLast((server) => server.host === name)
    if (losesDisk === true) this.#disks.delete(name)
    // The first server stays where it is: clients that know no other address any more ask there.
    if (moves === true && name !== this.plan.servers[0]?.name)
      this.#moves.set(name, (this.#moves.get(name) ?? 0) + 1)
    const disk = plan.disk === true ? this.#diskOf(name) : undefined
    const isContinued = disk !== undefined && before?.options.disk === disk && !disk.isFull
    const server = new ServerProcess(this.#parts, {
      address: this.addressOf(name),
      run,
      // In some worlds the founder is started again by the line that it was first started by, and founds a second tree
      // that its contacts must lead home; in the others its operator names a server that it knew.
      remote:
        joins !== undefined
          ? this.addressOf(joins)
          : this.plan.seed % 4 === 0
            ? undefined
            : before?.contacts[0],
      contacts: before?.contacts ?? plan.contacts?.map((contact) => this.addressOf(contact)) ?? [],
      clock: { host: this.clock.host, port: this.clock.port },
      seed: Math.imul(this.plan.seed, 31) + this.servers.length,
      timing: { ...simulatedTiming, ...this.plan.timing },
      balance: this.plan.balance === true,
      // The backlog of absent users keeps no entry longer, unless the plan says so.
      limits: { ...defaultLimits, backlogMs: 0, maxChildren: this.plan.maxChildren, ...this.plan.limits },
      skewMs: plan.skewMs,
      disk,
      codec: this.plan.codec,
      ...(this.#provisioner === undefined ? {} : this.#provisioner.optionsFor(plan)),
    })
    if (isContinued) before.continuedBy = server
    this.servers.push(server)
    server.start()
    return server
  }

  #diskOf(name: string): Disk {
    let disk = this.#disks.get(name)
    if (disk === undefined) {
      disk = new Disk(this.queue, this.#parts.random, this.plan.diskPaceMs ?? usualDiskPaceMs)
      this.#disks.set(name, disk)
    }
    return disk
  }

  addServer(plan: ServerPlan): ServerProcess {
    this.#serverPlans.set(plan.name, plan)
    return this.startServer(plan.name)
  }

  startClient({
    name,
    servers,
    ackLevel,
    publishEveryMs,
    program,
    username,
    mostLineBytes,
  }: ClientPlan): ClientProcess {
    const locate = (): string[] => this.#endpointsOf(servers)
    const Program = programs[program ?? 'independent']
    const client = new Program(this.#parts, {
      name,
      // Looked up anew by those who care to: servers may have moved.
      get servers() {
        return locate()
      },
      ackLevel,
      publishEveryMs,
      username,
      mostLineBytes,
    })
    this.clients.push(client)
    client.start()
    return client
  }

  #startVisit(account: Account, { servers, program }: VisitPlan, name: string): UserVisit {
    const locate = (): string[] => this.#endpointsOf(servers)
    const options = {
      name,
      get servers() {
        return locate()
      },
      ackLevel: 'logged',
      publishEveryMs: undefined,
    } as const
    const client =
      program === 'library'
        ? new LibraryClient(this.#parts, { ...options, username: account.username }, account)
        : new VisitClient(this.#parts, options, account, program === 'careful')
    this.clients.push(client)
    client.start()
    return client
  }

  #endpointsOf(servers: readonly string[]): string[] {
    return servers.map((server) => {
      const { host, port } = this.addressOf(server)
      return `${host}:${port}`
    })
  }

  addressOf(name: string): Address {
    const place = [...this.#serverPlans.keys()].indexOf(name)
    const moves = this.#moves.get(name) ?? 0
    return {
      name: asServerName(name),
      host: moves === 0 ? name : `${name}-${moves}`,
      port: firstPort + place + 100 * moves,
      secret: `secret of ${name}`,
    }
  }

  /** The server of another version that listened there last. */
  foreignAt(endpoint: string): ForeignServer | undefined {
    return [...this.#foreign.values()].find((foreign) => foreign.endpoint === endpoint)
  }

  /** The living run of this server. */
  server(name: string): ServerProcess | undefined {
    return this.servers.findLast((server) => server.isAlive && server.host === name)
  }

  serverAt(endpoint: string): ServerProcess | undefined {
    return this.servers.findLast(
      ({ isAlive, options: { address } }) => isAlive && `${address.host}:${address.port}` === endpoint,
    )
  }

  alive(): ServerProcess[] {
    return this.servers.filter((server) => server.isAlive)
  }

  find(target: Target): ServerProcess | undefined {
    return findTarget(this.alive(), target)
  }

  crash(server: ServerProcess): void {
    server.crash()
  }

  restartDead(order: number, how: StartOptions = {}): string | undefined {
    const alive = new Set(this.alive().map((server) => server.host))
    const dead = [...new Set(this.servers.map((server) => server.host))].filter((name) => !alive.has(name))
    const name = dead[order % Math.max(1, dead.length)]
    if (name !== undefined) this.startServer(name, how)
    return name
  }

  startAgain(host: string): void {
    if (this.server(host) === undefined) this.startServer(host)
  }

  startForeign(
    host: string,
    { era, knockEveryMs }: { readonly era: ForeignEra; readonly knockEveryMs: number | undefined },
  ): () => void {
    const foreign = new ForeignServer(this.#parts, {
      address: this.addressOf(host),
      host,
      era,
      knockEveryMs,
      knocksAt: () => this.alive().map((server) => server.options.address),
    })
    this.#foreign.set(host, foreign)
    return () => foreign.end()
  }

  startNewcomer(remote: string): void {
    const name = `n${++this.#newcomers}`
    this.addServer({ name, remote, startAtMs: this.elapsedMs, skewMs: 0 })
  }

  leave(server: ServerProcess): void {
    server.askToLeave()
  }

  crashClient(name: string): void {
    this.clients.find((client) => client.options.name === name)?.crash()
  }

  publish(name: string, text: (n: number) => string): void {
    this.clients.find((client) => client.options.name === name)?.publishIfItCan(text)
  }

  startTwin(name: string, of: string, servers: readonly string[]): void {
    const original = this.clients.find((client) => client.options.name === of && client.isAlive)
    if (original?.session === undefined || this.clients.some(({ options }) => options.name === name)) return
    original.isShared = true
    const locate = (): string[] => this.#endpointsOf(servers)
    const options = {
      name,
      get servers() {
        return locate()
      },
      ackLevel: original.options.ackLevel,
      publishEveryMs: original.options.publishEveryMs,
    }
    const twin = new IndependentClient(this.#parts, options, original)
    this.clients.push(twin)
    twin.start()
  }

  stall(host: string): () => void {
    const client = this.clients.find((other) => other.host === host && other.isAlive)
    if (client === undefined) return this.server(host)?.fillLinks() ?? ((): void => undefined)
    const server = client.endpoint === undefined ? undefined : this.serverAt(client.endpoint)
    const drain = server?.fillClient(client.host)
    const read = client.stopReading()
    return () => {
      read()
      drain?.()
    }
  }

  atHeal(end: () => void): void {
    this.#endings.push(end)
  }

  say(text: string): void {
    this.#observers.faultStruck(text)
  }
}
