/** A server process: makes the pieces of the shell, starts the core, and hands its effects out. */
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { asServerName, isLoopbackHost, type Address, type ServerStatus, maxStandbys } from '@jwp/protocol'
import {
  defaultLimits,
  defaultTiming,
  type ServerEffect,
  type ServerEvent,
  type ServerOptions,
} from '@jwp/server/core'
import {
  asServer,
  certificateWarning,
  defaultAdmissionLimits,
  SharedPort,
  type DialManner,
} from '@jwp/transport'
import { ClientShell } from './client-shell.js'
import { ClockLine } from './clock-line.js'
import { ContactsFile } from './contacts-file.js'
import { CoreDriver, nowMs } from './core-driver.js'
import { DiskStore } from './disk/disk-store.js'
import { defaultMaxServers, ServerStarter } from './growth/server-starter.js'
import { HttpDesk } from './http-desk.js'
import { enterKeyring, findSecret, leaveKeyring } from './keyring.js'
import { LinkShell } from './link-shell.js'
import type { Metrics } from './metrics.js'
import { SecretHashing } from './secret-hashing.js'
import { ServerLog } from './server-log.js'
import { CannotStart, type RemoteServer, type ServerProcessOptions } from './server-process-options.js'

export interface RunningServer {
  /** Where others reach it. */
  readonly address: Address
  /** Where it listens. */
  readonly port: number
  status(): ServerStatus
  /** Leaves the network in order; resolves when it has, as `stopped` does. */
  leave(): Promise<StopReason>
  /** Resolves when the server has ended, however it came to that. */
  readonly stopped: Promise<StopReason>
  /** Ends at once, without a word to anybody: what SIGKILL would do. For tests. */
  kill(): void
}

export interface StopReason {
  /** 0: left in order. Else the process should exit with this code. */
  readonly exitCode: number
  readonly info: string
}

/**
 * @throws CannotStart when the port cannot be had or the parent's secret is missing.
 */
export async function startServer(options: ServerProcessOptions): Promise<RunningServer> {
  const shell = new ServerShell(options)
  await shell.start()
  return shell
}

/** Where other servers are remembered for the next start. */
interface ContactsKeeper {
  readonly contacts: readonly Address[]
  remember(contacts: readonly Address[]): void
  /** What was not written yet. */
  close(): Promise<void>
}

/** How long a server that ends waits for its peers to take its last words. */
const lastWordsMs = 500

class ServerShell implements RunningServer {
  readonly #options: ServerProcessOptions
  readonly #clients: ClientShell
  readonly #links: LinkShell
  readonly #clock: ClockLine
  readonly #hashing: SecretHashing
  /** Undefined: we start no servers. */
  #starter: ServerStarter | undefined
  #log!: ServerLog
  #port!: SharedPort
  #listenPort = 0
  #driver!: CoreDriver
  /** Undefined: nothing but contacts outlives the process. */
  #disk: DiskStore | undefined
  #contacts!: ContactsKeeper
  #self!: Address
  #metrics: Promise<Metrics> | undefined
  /** How often each event was reported. */
  readonly #events = new Map<string, number>()
  #stop!: (reason: StopReason) => void
  readonly stopped = new Promise<StopReason>((resolve) => {
    this.#stop = resolve
  })

  constructor(options: ServerProcessOptions) {
    this.#options = options
    const handle: CoreDriver['handle'] = (input) => {
      this.#driver.handle(input)
    }
    this.#clients = new ClientShell(handle, options.maxRate)
    const manner = dialMannerOf(options)
    this.#links = new LinkShell(handle, manner)
    this.#clock = new ClockLine(handle, manner)
    this.#hashing = new SecretHashing(handle)
  }

  get address(): Address {
    return this.#self
  }

  get port(): number {
    return this.#listenPort
  }

  status(): ServerStatus {
    return this.#driver.core.status()
  }

  async start(): Promise<void> {
    const { remote } = this.#options
    if (remote !== undefined && isOurselves(remote, this.#options)) {
      throw new CannotStart('bad-option', `a server cannot join itself: -rp ${remote.port} is its own port`)
    }
    checkSilence(this.#options)
    checkClocks(this.#options)
    checkGrowth(this.#options)
    const parent = remote === undefined ? undefined : addressOfRemote(remote)
    const http = new HttpDesk({
      status: () => this.status(),
      metrics: () => (this.#metrics ??= this.#makeMetrics()),
      token: this.#options.httpToken,
    })
    const { data } = this.#options
    // Before anybody can connect: reading takes a while, and a folder that cannot be used is known at once.
    if (data !== undefined) this.#disk = await DiskStore.open({ path: data.path, sync: data.sync ?? true })
    let port: SharedPort | undefined
    try {
      port = await listen(this.#options, {
        onLink: (link) => {
          this.#links.accepted(link)
        },
        onRefusedLink: (link, info) => {
          this.#links.refused(link, info)
        },
        onLines: (connection) => {
          this.#clients.opened(connection)
        },
        onHttp: http.answer,
      })
      this.#port = port
      this.#begin(parent)
    } catch (error) {
      port?.close()
      await this.#disk?.abandon()
      throw error
    }
  }

  /** The port is open; before anybody can come, everything must be there. */
  #begin(parent: Address | undefined): void {
    const port = this.#port.port
    this.#listenPort = port
    const host = this.#options.advertisedHost ?? 'localhost'
    const advertisedPort = this.#options.advertisedPort ?? port
    this.#self = {
      name: asServerName(this.#options.name ?? `${host}:${advertisedPort}`),
      host,
      port: advertisedPort,
      // Those who remember us from the run before still know the one that we had then.
      secret: this.#options.secret ?? this.#disk?.secret ?? randomBytes(16).toString('hex'),
    }
    this.#log = new ServerLog(this.#self.name, this.#options.log)
    this.#contacts =
      this.#disk ??
      new ContactsFile(port, (info) => {
        this.#log.warn(info)
      })
    const time = Math.floor(nowMs()).toString(36)
    const starts = this.#disk?.begin(this.#self, (input) => {
      this.#driver.handle(input)
    })
    const coreOptions = this.#coreOptions(
      parent,
      // The number of starts is new even when the wall clock was set back.
      `${starts === undefined ? '' : `${starts}-`}${time}${randomBytes(3).toString('hex')}`,
    )
    this.#driver = this.#makeDriver(coreOptions)
    this.#starter = this.#makeStarter(coreOptions)
    enterKeyring({
      port,
      pid: process.pid,
      secret: this.#self.secret,
      name: this.#self.name,
      hostname: host,
      clock: coreOptions.clock,
    })
    this.#log.info(`listening on port ${port}`, { port, id: `${this.#self.name}#${coreOptions.incarnation}` })
    const { tls } = this.#options
    const worry = tls && certificateWarning(tls, Date.now())
    if (worry !== undefined) this.#log.warn(worry)
    this.#driver.handle({ type: 'start' })
  }

  /** @throws CannotStart when what the disk holds is no log */
  #makeDriver(options: ServerOptions): CoreDriver {
    try {
      return new CoreDriver(
        options,
        (effects) => {
          for (const effect of effects) this.#carryOut(effect)
        },
        () => {
          this.#links.reportProgress()
        },
        () => {
          this.#links.flush()
        },
        (error, input) => {
          this.#log.error(
            `a defect, while handling ${input.type}: ${(error as Error).stack ?? String(error)}`,
          )
          void this.#end({
            exitCode: 1,
            info: `stopped by a defect in JWP (${(error as Error).message}): the log has the details`,
          })
        },
      )
    } catch (error) {
      throw this.#disk?.cannotGoOn(error) ?? error
    }
  }

  #makeStarter({ clock }: ServerOptions): ServerStarter | undefined {
    const { autoscale, maxClients, bindHost, advertisedHost = 'localhost' } = this.#options
    if (autoscale === undefined || maxClients === undefined) return undefined
    return new ServerStarter({
      autoscale,
      self: this.#self,
      nearHost: sourceOf(this.#options) ?? advertisedHost,
      bindHost,
      clock,
      maxClients,
      handle: (input) => {
        this.#driver.handle(input)
      },
      warn: (info) => {
        this.#log.warn(info)
      },
    })
  }

  leave(): Promise<StopReason> {
    this.#driver.handle({ type: 'leave' })
    return this.stopped
  }

  kill(): void {
    this.#driver.stop()
    this.#clock.close()
    this.#port.close()
    this.#links.closeAll()
    leaveKeyring(this.port)
    void Promise.resolve(this.#disk?.abandon()).then(() => {
      this.#stop({ exitCode: 137, info: 'killed' })
    })
  }

  #carryOut(effect: ServerEffect): void {
    switch (effect.type) {
      case 'dial':
        return this.#links.dial(effect)
      case 'send':
        return this.#links.send(effect)
      case 'close':
        return this.#links.close(effect)
      case 'ask-clock':
        return this.#clock.ask(effect)
      case 'tell':
        return this.#clients.tell(effect)
      case 'hang-up':
        return this.#clients.hangUp(effect)
      case 'deliver':
        return this.#clients.deliver(effect)
      case 'hold-client':
        return this.#clients.hold(effect)
      case 'release-client':
        return this.#clients.release(effect)
      case 'hash-secret':
        return this.#hashing.hash(effect)
      case 'check-secret':
        return this.#hashing.check(effect)
      case 'start-server':
        return this.#starter!.start(effect)
      case 'abandon-start':
        return this.#starter!.abandon(effect)
      case 'remember-contacts':
        return this.#contacts.remember(effect.contacts)
      case 'store':
        return this.#disk!.store(effect.change)
      case 'report':
        return this.#report(effect.event)
      case 'stop':
        return void this.#end({ exitCode: effect.exitCode, info: effect.info })
    }
  }

  async #end(reason: StopReason): Promise<void> {
    this.#links.flush()
    this.#driver.stop()
    this.#port.stopListening()
    this.#clock.close()
    this.#links.closeAll()
    this.#clients.closeAll()
    await this.#contacts.close()
    leaveKeyring(this.port)
    if (reason.exitCode === 0) this.#log.info(reason.info)
    else this.#log.error(reason.info)
    await this.#port.drain(lastWordsMs)
    await this.#log.close()
    this.#stop(reason)
  }

  async #makeMetrics(): Promise<Metrics> {
    const { Metrics } = await import('./metrics.js')
    return new Metrics(() => {
      const unsentBytes = this.#clients.unsentBytes
      const waitingHashes = this.#hashing.waiting
      return {
        status: this.status(),
        figures: this.#driver.core.figures(),
        counters: { ...this.#clients.counters, unsentBytes, waitingHashes, events: this.#events },
      }
    })
  }

  #report(event: ServerEvent): void {
    this.#events.set(event.event, (this.#events.get(event.event) ?? 0) + 1)
    this.#log.event(event)
  }

  #coreOptions(parent: Address | undefined, incarnation: string): ServerOptions {
    const { timeBeforeReconnectMs, syncEveryMs, deliverEveryMs, clock } = this.#options
    const { maxChildren, retentionMs, retentionBytes, heartbeatEveryMs, silenceLimitMs } = this.#options
    const { maxClients, autoscale, endWhenIdleMs } = this.#options
    return {
      self: this.#self,
      incarnation,
      remote: parent,
      contacts: this.#contacts.contacts,
      disk: this.#disk?.takeRestored(),
      clock: clock ?? { host: 'localhost', port: 3779 },
      seed: randomBytes(4).readUInt32LE(),
      balance: this.#options.balance,
      timing: {
        ...defaultTiming,
        ...(heartbeatEveryMs === undefined ? {} : { heartbeatEveryMs }),
        ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
        ...(timeBeforeReconnectMs === undefined ? {} : { timeBeforeReconnectMs }),
        ...(syncEveryMs === undefined ? {} : { syncEveryMs, reportEveryMs: Math.max(1, syncEveryMs) }),
        ...(deliverEveryMs === undefined ? {} : { deliverEveryMs }),
      },
      limits: {
        ...defaultLimits,
        maxChildren: maxChildren ?? defaultLimits.maxChildren,
        retentionMs: retentionMs ?? defaultLimits.retentionMs,
        retentionBytes: retentionBytes ?? defaultLimits.retentionBytes,
        failedLoginsPerMinute: this.#options.maxFailedLogins ?? defaultLimits.failedLoginsPerMinute,
        offline: this.#options.offline ?? defaultLimits.offline,
        backlogMs: this.#options.backlogMs ?? defaultLimits.backlogMs,
      },
      growth: {
        maxClients,
        maxServers: autoscale && (autoscale.maxServers ?? defaultMaxServers),
        endWhenIdleMs,
      },
    }
  }
}

function isOurselves(remote: RemoteServer, options: ServerProcessOptions): boolean {
  const { listenPort, advertisedHost, advertisedPort = listenPort } = options
  if (remote.host === advertisedHost && remote.port === advertisedPort) return true
  return remote.port === listenPort && isLoopbackHost(remote.host)
}

/** @throws CannotStart when one lost heartbeat would look like a death. */
function checkSilence(options: ServerProcessOptions): void {
  const { heartbeatEveryMs = defaultTiming.heartbeatEveryMs, silenceLimitMs = defaultTiming.silenceLimitMs } =
    options
  if (heartbeatEveryMs > 0 && silenceLimitMs >= 2 * heartbeatEveryMs) return
  throw new CannotStart(
    'bad-option',
    `a silence limit of ${silenceLimitMs} ms is too short for heartbeats every ${heartbeatEveryMs} ms: at least twice that`,
  )
}

/** @throws CannotStart when there are more clocks than a child may be told. */
function checkClocks({ clock }: ServerProcessOptions): void {
  if ((clock?.standbys?.length ?? 0) <= maxStandbys) return
  throw new CannotStart('bad-option', `at most ${maxStandbys + 1} clocks`)
}

/** @throws CannotStart when servers would be started in vain, or never. */
function checkGrowth({ autoscale, maxClients, advertisedPort }: ServerProcessOptions): void {
  if (autoscale === undefined) return
  if (maxClients === undefined) {
    throw new CannotStart(
      'bad-option',
      'a server that any number of clients may use is never full: --autoscale needs --max-clients',
    )
  }
  // Nobody forwards a port to a process that was not there when the ports were chosen.
  if (advertisedPort !== undefined && autoscale.command === undefined) {
    throw new CannotStart(
      'bad-option',
      'a server behind a forwarded port (--advertise) cannot start others that are reachable: use --autoscale-command',
    )
  }
}

/** @throws CannotStart when certificate and key are none, or not each other's. */
function dialMannerOf(options: ServerProcessOptions): DialManner {
  const from = sourceOf(options)
  if (options.tls === undefined) return { from }
  try {
    return { from, tls: asServer(options.tls) }
  } catch (error) {
    throw new CannotStart('tls', `TLS cannot be spoken with these files: ${(error as Error).message}`)
  }
}

/** Who listens on one address of this machine only is to be seen under it, too. */
function sourceOf({ bindHost }: ServerProcessOptions): string | undefined {
  const isOneAddress = bindHost !== undefined && isIP(bindHost) !== 0 && !['0.0.0.0', '::'].includes(bindHost)
  return isOneAddress ? bindHost : undefined
}

/** @throws CannotStart when there is no secret to be found. */
function addressOfRemote({ host, port, secret }: RemoteServer): Address {
  const known = secret ?? (isLoopbackHost(host) ? findSecret(port) : undefined)
  if (known === undefined) {
    const hint = isLoopbackHost(host)
      ? `no server of yours is running on port ${port} of this machine (or it is still starting)`
      : `the secret of a server on another machine cannot be found here`
    throw new CannotStart(
      'secret-missing',
      `cannot join ${host}:${port}: ${hint}; start it first, or give its secret (-s)`,
    )
  }
  return { name: asServerName(`${host}:${port}`), host, port, secret: known }
}

async function listen(
  options: ServerProcessOptions,
  handlers: Parameters<typeof SharedPort.listen>[1],
): Promise<SharedPort> {
  const { listenPort, bindHost, tls, maxConnections, maxConnectionsPerAddress } = options
  const admission = {
    ...defaultAdmissionLimits,
    ...(maxConnections === undefined ? {} : { clients: maxConnections }),
    ...(maxConnectionsPerAddress === undefined
      ? {}
      : { connectionsPerAddress: maxConnectionsPerAddress, burstPerAddress: maxConnectionsPerAddress }),
  }
  try {
    return await SharedPort.listen({ port: listenPort, host: bindHost, tls, admission }, handlers)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new CannotStart('port-in-use', `port ${listenPort} is in use: choose another one with -lp`)
    throw new CannotStart('cannot-listen', `cannot listen on port ${listenPort}: ${message}`)
  }
}
