/**
 * A clock process: batched grants to servers, GET_TIME to any client; its ceiling on disk, or in the etcd that it
 * shares.
 */
import { randomBytes } from 'node:crypto'
import { clockOptions, clockPeersOptions } from '@jwp/clock-server/options'
import { clockProtocolVersions, softwareVersion, type ClockAddress } from '@jwp/protocol'
import { defaultHost, faultAmong, settingsFrom, type GivenOptions, type Options } from '@jwp/protocol/options'
import { certificateWarning, contextOf, type TlsIdentity } from '@jwp/lines'
import { defaultAdmissionLimits, SharedPort, unauthenticatedLimit } from '@jwp/transport'
import type { Logger } from 'winston'
import { AskerLinks } from './asker-links.js'
import { CeilingFileError } from './ceiling-file.js'
import type { ClockEngine, LeadershipState } from './clock-engine.js'
import { closeClockLog, makeClockLog, type ClockLogSettings } from './clock-log.js'
import { clockMetrics } from './clock-metrics.js'
import { FileClock } from './file-clock.js'
import { answerTime } from './get-time.js'
import { httpRoutes } from './http-routes.js'
import { PeerClock } from './peer-clock.js'
import { defaultCeilingPath } from './state-folder.js'

/** Plain values are described in `core/clock-options.ts`. What has a structure of its own is here. */
export interface ClockProcessOptions extends GivenOptions<Omit<typeof clockOptions, 'listenPort'>> {
  /** Port for servers, `GET_TIME` and HTTP alike. 0: any free one. */
  readonly listenPort: number
  /** Makes it one of several clocks, whose ceiling is in etcd. */
  readonly peers?: ClockPeersOptions | undefined
  /** With it nothing but TLS is spoken, and servers must show a certificate of its CA. Default: nothing but plain. */
  readonly tls?: TlsIdentity | undefined
  readonly log?: ClockLogSettings | undefined
}

export interface ClockPeersOptions extends GivenOptions<typeof clockPeersOptions> {
  /** Base addresses of the members of one etcd, such as `http://127.0.0.1:2379`. */
  readonly etcd: readonly string[]
  /** Where servers reach this clock. Default: the address it is bound to, else `localhost`, and its port. */
  readonly advertised?: ClockAddress | undefined
}

/** A clock that cannot start. `code` is for programs, the message for people. */
export class CannotStartClock extends Error {
  constructor(
    readonly code: 'port-in-use' | 'cannot-listen' | 'file' | 'bad-option' | 'tls',
    message: string,
  ) {
    super(message)
  }
}

export interface RunningClock {
  readonly port: number
  status(): object
  /** Writes a line to the log. */
  note(info: string): void
  stop(): Promise<{ exitCode: number; info: string }>
  /** Resolves when the clock has ended, however it came to that. */
  readonly stopped: Promise<{ exitCode: number; info: string }>
}

/** @throws CannotStartClock */
export async function startClock(options: ClockProcessOptions): Promise<RunningClock> {
  const shell = new ClockShell(options)
  await shell.start()
  return shell
}

class ClockShell implements RunningClock {
  readonly #options: ClockProcessOptions
  readonly #log: Logger
  readonly #askers = new AskerLinks((input) => {
    this.#engine?.handle(input)
  })
  #port!: SharedPort
  /** There before the first question. */
  #engine: ClockEngine | undefined
  #ending = false
  #resolveStopped!: (reason: { exitCode: number; info: string }) => void
  readonly stopped = new Promise<{ exitCode: number; info: string }>((resolve) => {
    this.#resolveStopped = resolve
  })

  constructor(options: ClockProcessOptions) {
    this.#options = options
    this.#log = makeClockLog(options.log)
  }

  get port(): number {
    return this.#port.port
  }

  status(): object {
    const engine = this.#engine
    return {
      role: 'clock',
      version: softwareVersion,
      protocol: clockProtocolVersions,
      port: this.port,
      servers: this.#askers.size,
      ...engine?.about,
      ...engine?.state,
    }
  }

  async start(): Promise<void> {
    const { peers, file } = this.#options
    checkValues(clockOptions, this.#options, ['peers', 'tls', 'log'])
    if (peers !== undefined) checkPeers(peers)
    this.#port = await this.#listen()
    if (peers !== undefined) this.#joinPeers(peers)
    else await this.#openFile(file ?? defaultCeilingPath(this.port))
    const { tls } = this.#options
    const worry = tls && certificateWarning(tls, Date.now())
    if (worry !== undefined) this.#log.warn(worry)
    this.#log.info(`listening on port ${this.port}`, { port: this.port, ...this.#engine?.about })
  }

  note(info: string): void {
    this.#log.info(info)
  }

  async stop(): Promise<{ exitCode: number; info: string }> {
    await this.#end({ exitCode: 0, info: 'stopped' })
    return this.stopped
  }

  #joinPeers(peers: ClockPeersOptions): void {
    const place = peers.advertised ?? { host: hostOf(this.#options.bindHost), port: this.port }
    const { key, leaseMs } = settingsFrom(clockPeersOptions, peers)
    const engine = new PeerClock({
      id: `${place.host}:${place.port}#${randomBytes(6).toString('hex')}`,
      place,
      endpoints: peers.etcd,
      key,
      leaseMs,
      answer: (asker, message) => {
        this.#askers.answer(asker, message)
      },
      log: this.#log,
    })
    this.#engine = engine
    engine.start()
  }

  async #openFile(path: string): Promise<void> {
    try {
      const clock = new FileClock({
        path,
        answer: (asker, message) => {
          this.#askers.answer(asker, message)
        },
        onFailure: (info) => void this.#end({ exitCode: 1, info }),
      })
      this.#engine = clock
      await clock.prove()
      if (clock.loss !== undefined) this.#log.warn(clock.loss)
    } catch (error) {
      this.#port.close()
      const known = error instanceof CeilingFileError
      throw new CannotStartClock(
        'file',
        known
          ? error.message
          : `the clock cannot keep its file: ${(error as Error).message} (--file or --data say where else)`,
      )
    }
  }

  async #end(reason: { exitCode: number; info: string }): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    this.#askers.closeAll()
    await this.#engine?.stop()
    if (reason.exitCode === 0) this.#log.info(reason.info)
    else this.#log.error(reason.info)
    await this.#port.drain(300)
    await closeClockLog(this.#log)
    this.#resolveStopped(reason)
  }

  async #listen(): Promise<SharedPort> {
    const { listenPort, bindHost, tls } = this.#options
    checkTls(tls)
    const leadership = (): LeadershipState | undefined => this.#engine?.leadership
    const http = httpRoutes({
      status: () => this.status(),
      metrics: () => clockMetrics(this.#engine!, () => this.#askers.size),
      leadership,
    })
    try {
      return await SharedPort.listen(
        {
          port: listenPort,
          host: bindHost,
          tls,
          admission: { ...defaultAdmissionLimits, unauthenticated: unauthenticatedLimit() },
        },
        {
          onLink: (link) => {
            this.#askers.meet(link)
          },
          onRefusedLink: (link, info) => {
            link.send({ type: 'TIME_REFUSED', nonce: 0, info })
          },
          onLines: (connection) => {
            answerTime(connection, leadership)
          },
          onFull: (info) => {
            this.#log.warn(info)
          },
          onHttp: http.answer,
        },
      )
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE')
        throw new CannotStartClock('port-in-use', `port ${listenPort} is in use: choose another one with -lp`)
      throw new CannotStartClock('cannot-listen', `cannot listen on port ${listenPort}: ${message}`)
    }
  }
}

/** @throws CannotStartClock when certificate and key are none, or not each other's. */
function checkTls(tls: TlsIdentity | undefined): void {
  try {
    if (tls !== undefined) contextOf(tls)
  } catch (error) {
    throw new CannotStartClock('tls', `TLS cannot be spoken with these files: ${(error as Error).message}`)
  }
}

/** The name by which others reach this clock (default). */
function hostOf(bindHost: string | undefined): string {
  return bindHost === undefined || ['0.0.0.0', '::'].includes(bindHost) ? defaultHost : bindHost
}

/** @throws CannotStartClock */
function checkPeers(peers: ClockPeersOptions): void {
  const { etcd, key } = peers
  const fault = etcd.length === 0 ? 'no address of an etcd' : key === '' ? 'an empty key in etcd' : undefined
  if (fault !== undefined) throw new CannotStartClock('bad-option', `several clocks need more than ${fault}`)
  checkValues(clockPeersOptions, peers, ['etcd', 'advertised'], 'peers.')
}

/** @throws CannotStartClock */
function checkValues(options: Options, given: object, others: readonly string[], prefix = ''): void {
  const fault = faultAmong(options, given, { prefix, others })
  if (fault !== undefined) throw new CannotStartClock('bad-option', fault)
}
