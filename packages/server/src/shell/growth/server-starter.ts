/** Executes the core's wish for another server: a process on this machine, or a command that knows better. */
import { randomBytes } from 'node:crypto'
import type { Address, ClockAddresses } from '@jwp/protocol'
import { argvOf, settingsFrom } from '@jwp/protocol/options'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import { autoscaleOptions, ownServerOptions, remoteOptions } from '@jwp/server/options'
import type { AutoscaleOptions } from '../server-process-options.js'
import { freePort } from '@jwp/transport'
import { environmentOf, type NewServer } from './new-server.js'
import { startProcess, type StartedProcess, type StartOrder } from './start-process.js'

export interface StarterSettings {
  readonly autoscale: AutoscaleOptions
  /** Ourselves, as others reach us. */
  readonly self: Address
  /** Under which a process of this machine reaches us. */
  readonly nearHost: string
  /** Where it shall listen, if not everywhere. */
  readonly bindHost: string | undefined
  readonly clock: ClockAddresses
  readonly maxClients: number
  readonly handle: (input: ServerInput) => void
  /** For the log: what a program printed may hold more than clients should read. */
  readonly warn: (info: string) => void
}

export class ServerStarter {
  readonly #settings: StarterSettings
  /** The attempt under way; what is heard of earlier ones is of no interest. */
  #attempt: number | undefined
  #process: StartedProcess | undefined

  constructor(settings: StarterSettings) {
    this.#settings = settings
  }

  start({ attempt }: ServerEffectOf<'start-server'>): void {
    this.#attempt = attempt
    this.#process = undefined
    this.#begin(attempt).catch((error: unknown) => {
      this.#settings.warn(`the server could not be started: ${(error as Error).message}`)
      this.#failed(attempt, 'it could not be started, the log tells why')
    })
  }

  abandon({ attempt }: ServerEffectOf<'abandon-start'>): void {
    if (attempt !== this.#attempt) return
    this.#attempt = undefined
    this.#reportLastWords()
    this.#process?.end()
  }

  async #begin(attempt: number): Promise<void> {
    const port = await freePort(this.#settings.bindHost)
    if (attempt !== this.#attempt) return
    const started = startProcess(this.#orderFor(port))
    this.#process = started
    const failure = await started.ended
    const { command } = this.#settings.autoscale
    // A command may well end when it has started something; a server that ends will not come.
    if (failure === undefined && command !== undefined) return
    if (attempt !== this.#attempt) return
    this.#reportLastWords()
    const what = command === undefined ? 'the new server' : 'the command'
    this.#failed(attempt, `${what}: ${failure ?? 'it ended'}`)
  }

  #orderFor(port: number): StartOrder {
    const { autoscale, self, nearHost, clock, maxClients } = this.#settings
    const { command, maxServers, idleMs } = settingsFrom(autoscaleOptions, autoscale)
    const server: NewServer = {
      host: self.host,
      port,
      secret: randomBytes(16).toString('hex'),
      parent: command === undefined ? { ...self, host: nearHost } : self,
      clock,
      maxClients,
      maxServers,
      idleMs,
    }
    const environment = environmentOf(server)
    if (command !== undefined) return { file: command, args: [], shell: true, environment, port }
    const { file, args } = autoscale.program(port)
    const { host, port: parentPort } = server.parent
    const own = [
      ...argvOf(ownServerOptions, { listenPort: port, endWhenIdleMs: idleMs }),
      ...argvOf(remoteOptions, { host, port: parentPort }),
    ]
    return { file, args: [...args, ...own], shell: false, environment, port }
  }

  #reportLastWords(): void {
    const words = this.#process?.lastWords() ?? ''
    if (words !== '') this.#settings.warn(`the server that was to be started said: ${words}`)
  }

  #failed(attempt: number, info: string): void {
    if (attempt !== this.#attempt) return
    this.#attempt = undefined
    this.#settings.handle({ type: 'start-failed', attempt, info })
  }
}
