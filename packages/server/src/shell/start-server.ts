/** A server process: makes the pieces of the shell, starts the core, and hands its effects out. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { asServerName, type Address, type ClockAddresses, type ServerStatus } from '@jwp/protocol'
import { defaultHost, settingsFrom } from '@jwp/protocol/options'
import type { ServerEvent, ServerOptions } from '@jwp/server/core'
import { dataOptions, serverOptions } from '@jwp/server/options'
import { certificateWarning, steadyUnixMs } from '@jwp/lines'
import type { MetricsRegistry, SharedPort } from '@jwp/transport'
import { execute, type EffectHandlers } from './execute.js'
import { checkOptions } from './check-options.js'
import { ClientShell } from './client-shell.js'
import { ClockLine } from './clock-line.js'
import { ContactsFile, rememberedAt, type ContactsKeeper } from './contacts-file.js'
import { CoreDriver } from './core-driver.js'
import { coreOptionsOf } from './core-options.js'
import { dialIdentityOf, sourceOf } from './dial-identity.js'
import { DamagedFolder } from './disk/damaged-folder.js'
import { DiskStore } from './disk/disk-store.js'
import { describeTrouble } from './disk/disk-trouble.js'
import { setAside } from './disk/set-aside.js'
import { ServerStarter } from './growth/server-starter.js'
import { httpRoutes } from './http-routes.js'
import { KeyringEntry } from './keyring-entry.js'
import { findFormerSecret } from './keyring.js'
import { LinkShell } from './link-shell.js'
import { listen } from './listen.js'
import { serverMetrics } from './metrics.js'
import { addressOfRemote } from './remote-address.js'
import { SecretHashing } from './secret-hashing.js'
import { ServerLog } from './server-log.js'
import type { ServerProcessOptions } from './server-process-options.js'

export interface RunningServer {
  /** Where others reach it. */
  readonly address: Address
  /** Where it listens. */
  readonly port: number
  status(): ServerStatus
  /** Leaves the network in order; resolves when it has, as `stopped` does. */
  leave(): Promise<StopReason>
  /** Writes a line to the log. */
  note(info: string): void
  /** Resolves when the server has ended, however it came to that. */
  readonly stopped: Promise<StopReason>
  /** Ends at once, without a word to its peers: what SIGKILL would do. For tests. */
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
  try {
    return await startOnce(options)
  } catch (error) {
    const { data } = options
    if (!(error instanceof DamagedFolder) || data?.setAside !== true) throw error
    const aside = setAside(data.path, Date.now())
    const shell = await startOnce(options)
    shell.warn(
      `${error.why}: what was in ${data.path} is in ${aside} now, and this server begins as a new one`,
    )
    return shell
  }
}

async function startOnce(options: ServerProcessOptions): Promise<ServerShell> {
  const shell = new ServerShell(options)
  await shell.start()
  return shell
}

/** Where timestamps come from, for operators who wonder why a network has none, or another clock than they think. */
function clockWords(clock: ClockAddresses, joins: boolean): string {
  const { standbys = [], ...first } = clock
  const places = [first, ...standbys].map(({ host, port }) => `${host}:${port}`).join(', ')
  return `clock: ${places}${joins ? ', until the server that it joins names its own' : ''}`
}

/** How long a server that ends waits for its peers to take its last words. */
const lastWordsMs = 500

class ServerShell implements RunningServer {
  readonly #options: ServerProcessOptions
  readonly #clients: ClientShell
  readonly #links: LinkShell
  readonly #clock: ClockLine
  readonly #hashing: SecretHashing
  #log!: ServerLog
  #port!: SharedPort
  #listenPort = 0
  #driver!: CoreDriver
  /** Undefined: nothing but contacts outlives the process. */
  #disk: DiskStore | undefined
  #contacts!: ContactsKeeper
  #self!: Address
  #metrics: MetricsRegistry | undefined
  #keyringEntry: KeyringEntry | undefined
  #missesRuntimeFolder = false
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
    this.#clients = new ClientShell(
      handle,
      options.maxRate,
      settingsFrom(serverOptions, options).clientSilenceMs,
    )
    const identity = dialIdentityOf(options)
    this.#links = new LinkShell(handle, identity)
    this.#clock = new ClockLine(handle, identity)
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
    checkOptions(this.#options)
    const http = httpRoutes({
      status: () => this.status(),
      metrics: () => this.#theMetrics(),
      token: this.#options.httpToken,
      ownHosts: () => [this.#options.advertisedHost, this.#options.bindHost, hostname()],
    })
    const { data } = this.#options
    // Before the port opens: reading takes a while, and a folder that cannot be used is known at once.
    if (data !== undefined)
      this.#disk = await DiskStore.open({ path: data.path, sync: data.sync ?? dataOptions.sync.default })
    let port: SharedPort | undefined
    try {
      const parent = this.#parent()
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
        onFull: (info) => {
          this.#log.warn(info)
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

  /** @throws CannotStart when its secret cannot be found */
  #parent(): Address | undefined {
    const { remote, listenPort } = this.#options
    if (remote === undefined) return undefined
    const remembered = this.#disk?.contacts ?? rememberedAt(listenPort)
    return addressOfRemote(remote, { mayBeDown: remembered.length > 0 })
  }

  /** The port is open; before a peer can connect, everything must be there. */
  #begin(parent: Address | undefined): void {
    const port = this.#port.port
    this.#listenPort = port
    const host = this.#options.advertisedHost ?? defaultHost
    const advertisedPort = this.#options.advertisedPort ?? port
    this.#self = {
      name: asServerName(this.#options.name ?? `${host}:${advertisedPort}`),
      host,
      port: advertisedPort,
      // Servers that remember this one from the run before still know its secret of then.
      secret:
        this.#options.secret ??
        this.#disk?.secret ??
        findFormerSecret(port) ??
        randomBytes(16).toString('hex'),
    }
    this.#log = new ServerLog(this.#self.name, this.#options.log)
    this.#contacts =
      this.#disk ??
      new ContactsFile(port, (error) => {
        this.#missRuntimeFolder(error)
      })
    const time = Math.floor(steadyUnixMs()).toString(36)
    const starts = this.#disk?.begin(this.#self, (input) => {
      this.#driver.handle(input)
    })
    const coreOptions = coreOptionsOf(this.#options, {
      self: this.#self,
      // The number of starts is new even when the wall clock was set back.
      incarnation: `${starts === undefined ? '' : `${starts}-`}${time}${randomBytes(3).toString('hex')}`,
      remote: parent,
      contacts: this.#contacts.contacts,
      disk: this.#disk?.takeRestored(),
    })
    this.#driver = this.#makeDriver(coreOptions)
    const { secret, name } = this.#self
    const { clock } = coreOptions
    this.#keyringEntry = new KeyringEntry(
      { port, pid: process.pid, secret, name, hostname: host, clock },
      {
        onTrouble: (error) => {
          this.#missRuntimeFolder(error)
        },
        onReturn: () => {
          this.#log.info('the entry of this server in the runtime folder was missing: it is written again')
          this.#contacts.rememberAgain?.()
        },
      },
    )
    this.#log.info(`listening on port ${port}`, { port, id: `${this.#self.name}#${coreOptions.incarnation}` })
    this.#log.info(clockWords(coreOptions.clock, parent !== undefined))
    const { tls } = this.#options
    const worry = tls && certificateWarning(tls, Date.now())
    if (worry !== undefined) this.#log.warn(worry)
    this.#driver.handle({ type: 'start' })
    // Its library takes a while to load: not before the server has begun, and not when an unauthenticated peer asks.
    setImmediate(() => {
      try {
        this.#theMetrics()
      } catch {
        // Who asks for them is told.
      }
    })
  }

  /** Keyring and contacts are conveniences: a server does well without them, and says so once. */
  #missRuntimeFolder(error: unknown): void {
    if (this.#missesRuntimeFolder) return
    this.#missesRuntimeFolder = true
    this.#log.warn(
      `the runtime folder cannot be used (${describeTrouble(error)}): "jwp tree" and servers that join without -s do not find this server by itself, and nothing is remembered there for the next start`,
    )
  }

  /** @throws CannotStart when what the disk holds is no log */
  #makeDriver(options: ServerOptions): CoreDriver {
    const handlers: EffectHandlers = {
      links: this.#links,
      clients: this.#clients,
      clock: this.#clock,
      hashing: this.#hashing,
      contacts: this.#contacts,
      disk: this.#disk,
      starter: this.#makeStarter(options),
      report: ({ event }) => {
        this.#report(event)
      },
      end: ({ exitCode, info }) => void this.#end({ exitCode, info }),
    }
    try {
      return new CoreDriver(options, {
        execute: (effects) => {
          for (const effect of effects) execute(effect, handlers)
        },
        beforeTick: () => {
          this.#links.reportProgress()
        },
        turnEnded: () => {
          this.#links.flush()
        },
        failed: (error, input) => {
          this.#log.error(
            `a defect, while handling ${input.type}: ${(error as Error).stack ?? String(error)}`,
          )
          void this.#end({
            exitCode: 1,
            info: `stopped by a defect in JWP (${(error as Error).message}): the log has the details`,
          })
        },
      })
    } catch (error) {
      throw this.#disk?.cannotGoOn(error) ?? error
    }
  }

  #makeStarter({ clock }: ServerOptions): ServerStarter | undefined {
    const { autoscale, maxClients, bindHost, advertisedHost = defaultHost } = this.#options
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

  note(info: string): void {
    this.#log.info(info)
  }

  warn(info: string): void {
    this.#log.warn(info)
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
    this.#keyringEntry?.leave()
    void Promise.resolve(this.#disk?.abandon()).then(() => {
      this.#stop({ exitCode: 137, info: 'killed' })
    })
  }

  async #end(reason: StopReason): Promise<void> {
    this.#links.flush()
    this.#driver.stop()
    this.#port.stopListening()
    this.#clock.close()
    this.#links.closeAll()
    this.#clients.closeAll()
    await this.#contacts.close()
    this.#keyringEntry?.leave()
    if (reason.exitCode === 0) this.#log.info(reason.info)
    else this.#log.error(reason.info)
    await this.#port.drain(lastWordsMs)
    await this.#log.close()
    this.#stop(reason)
  }

  /** @throws Error when their library cannot be read now. The next request tries again. */
  #theMetrics(): MetricsRegistry {
    return (this.#metrics ??= serverMetrics(() => {
      const unsentBytes = this.#clients.unsentBytes
      const waitingHashes = this.#hashing.waiting
      return {
        status: this.status(),
        figures: this.#driver.core.figures(),
        counters: { ...this.#clients.counters, unsentBytes, waitingHashes, events: this.#events },
      }
    }))
  }

  #report(event: ServerEvent): void {
    this.#events.set(event.event, (this.#events.get(event.event) ?? 0) + 1)
    this.#log.event(event)
  }
}
