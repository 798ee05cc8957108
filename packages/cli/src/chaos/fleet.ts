/**
 * The processes of a chaos run: a clock and servers, each behind a relay of its own, whose address is the only one
 * that others know.
 */
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { clockOptions } from '@jwp/clock-server/options'
import type { Endpoint } from '@jwp/protocol'
import { argvOf } from '@jwp/protocol/options'
import { dataOptions, remoteOptions, serverOptions } from '@jwp/server/options'
import { freePorts, Relay } from '@jwp/transport'
import type { JwpProcessOptions } from '../network/jwp-process.js'
import { clockCommandOptions } from '../options/clock-command-options.js'
import { placeOptions, serverLogOptions } from '../options/server-command-options.js'
import type { StatusTarget } from '../tree/walk-network.js'
import { CutBoard, type Cut } from './cut-board.js'
import { loopbackAddresses } from './loopback-addresses.js'
import { RelayedProcess } from './relayed-process.js'

export interface FleetOptions {
  readonly names: readonly string[]
  readonly parents: readonly (number | undefined)[]
  /** Logs, and what the processes keep. */
  readonly folder: string
  /** Every server and the clock keep their state on disk. */
  readonly data: boolean
  /** Servers move clients to those that have fewer. */
  readonly balance: boolean
  /** Further flags for every server. */
  readonly serverFlags?: readonly string[]
  /** A line of a server's JSON log. */
  readonly onLine: (name: string, line: string) => void
  readonly onUnexpectedEnd: (name: string) => void
}

interface Member {
  readonly process: RelayedProcess
  readonly secret: string
  /** Where it listens. */
  readonly listens: Endpoint
  /** Where its relay does: the address that others know. */
  readonly advertised: Endpoint
  readonly log: WriteStream
}

const clockName = 'clock'

export class Fleet {
  readonly names: readonly string[]
  /** Every server has an address of its own, so that a cut can tell which one speaks. */
  readonly cutsKnowSpeakers: boolean
  readonly #options: FleetOptions
  readonly #members: ReadonlyMap<string, Member>
  readonly #board: CutBoard

  static async prepare(options: FleetOptions): Promise<Fleet> {
    const addresses = await loopbackAddresses()
    const all = [...options.names, clockName]
    const ports = await freePorts(all.length * 2)
    mkdirSync(join(options.folder, 'logs'), { recursive: true })
    const board = new CutBoard()
    const members = new Map<string, Member>()
    for (const [at, name] of all.entries()) {
      const listens = { hostname: addresses.process(at), port: ports[at]! }
      const relay = await Relay.listen({
        host: addresses.relay(at),
        port: ports[all.length + at]!,
        target: { host: listens.hostname, port: listens.port },
      })
      relay.refuse()
      board.add(name, relay, addresses.areOwn ? listens.hostname : undefined)
      members.set(name, {
        process: new RelayedProcess(name, relay, options.onUnexpectedEnd),
        secret: randomBytes(16).toString('hex'),
        listens,
        advertised: { hostname: relay.host, port: relay.port },
        log: createWriteStream(join(options.folder, 'logs', `${name}.log`), { flags: 'a' }),
      })
    }
    return new Fleet(options, members, board, addresses.areOwn)
  }

  private constructor(
    options: FleetOptions,
    members: ReadonlyMap<string, Member>,
    board: CutBoard,
    knowsSpeakers: boolean,
  ) {
    this.#options = options
    this.names = options.names
    this.#members = members
    this.#board = board
    this.cutsKnowSpeakers = knowsSpeakers
  }

  get runningServers(): string[] {
    return this.names.filter((name) => this.process(name).isRunning)
  }

  process(name: string): RelayedProcess {
    return this.#member(name).process
  }

  get clock(): RelayedProcess {
    return this.process(clockName)
  }

  /** Where clients and servers reach it. */
  endpoint(name: string): Endpoint {
    return this.#member(name).advertised
  }

  /** For looking at it past all cuts. */
  statusTarget(name: string): StatusTarget {
    const { listens, secret } = this.#member(name)
    return { host: listens.hostname, port: listens.port, secret }
  }

  /** The server that lives behind this endpoint. */
  nameAt(endpoint: Endpoint | undefined): string | undefined {
    return this.names.find((name) => this.endpoint(name).port === endpoint?.port)
  }

  /**
   * Starts all, as at the beginning: the first founds a tree (or, with disks, finds its own again). Returns the time
   * between the first server that listens and the last, in milliseconds.
   */
  async startAll(): Promise<number> {
    const listeningMs: number[] = []
    const start = async (name: string, at: number): Promise<void> => {
      await this.#startServer(name, this.#options.parents[at])
      listeningMs.push(performance.now())
    }
    await Promise.all([this.startClock(), ...this.names.map(start)])
    return Math.max(...listeningMs) - Math.min(...listeningMs)
  }

  startClock(): Promise<void> {
    const { listens } = this.#member(clockName)
    return this.clock.start(
      this.#processOptions(clockName, [
        'clock',
        ...argvOf(clockOptions, { listenPort: listens.port, bindHost: listens.hostname }),
        ...argvOf(clockCommandOptions, { data: this.#dataFolder(clockName), json: true }),
      ]),
    )
  }

  /** Joins by a running server: an operator who starts a server again names one that lives. */
  startAgain(name: string): Promise<void> {
    const via = this.names.findIndex((other) => other !== name && this.process(other).isRunning)
    return this.#startServer(name, via === -1 ? undefined : via)
  }

  cut(cut: Cut): () => void {
    return this.#board.cut(cut)
  }

  /** Every second client of this server loses its connection, and goes elsewhere. */
  scatterClients(name: string): void {
    let seen = 0
    this.process(name).dropConnections((from) => this.#board.isClient(from) && seen++ % 2 === 0)
  }

  /** All leave in order. */
  async end(): Promise<void> {
    this.#board.clear()
    const allProcesses = [...this.names, clockName].map((name) => this.process(name))
    for (const each of allProcesses) each.resume()
    await Promise.all(allProcesses.map((each) => each.leave()))
    this.endAtOnce()
  }

  endAtOnce(): void {
    for (const { process, log } of this.#members.values()) {
      process.endAtOnce()
      log.end()
    }
  }

  #startServer(name: string, parentAt: number | undefined): Promise<void> {
    const { listens, advertised, secret } = this.#member(name)
    const parent = parentAt === undefined ? undefined : this.#member(this.names[parentAt]!)
    const argv = [
      'server',
      ...argvOf(serverOptions, {
        listenPort: listens.port,
        name,
        bindHost: this.cutsKnowSpeakers ? listens.hostname : undefined,
        balance: this.#options.balance,
      }),
      ...argvOf(placeOptions, { advertise: advertised, clocks: [this.#member(clockName).advertised] }),
      ...(parent
        ? argvOf(remoteOptions, { host: parent.advertised.hostname, port: parent.advertised.port })
        : []),
      ...argvOf(dataOptions, { path: this.#options.data ? this.#dataFolder(name) : undefined }),
      ...(this.#options.serverFlags ?? []),
      ...argvOf(serverLogOptions, { json: true }),
    ]
    return this.process(name).start(
      this.#processOptions(name, argv, { JWP_SECRET: secret, JWP_PARENT_SECRET: parent?.secret ?? '' }),
    )
  }

  #processOptions(
    name: string,
    argv: readonly string[],
    secrets: Readonly<Record<string, string>> = {},
  ): JwpProcessOptions {
    const { log } = this.#member(name)
    return {
      label: name === clockName ? 'the clock' : `server ${name}`,
      argv,
      environment: { ...secrets, JWP_RUNTIME_DIR: join(this.#options.folder, 'runtime') },
      onLine: (line) => {
        if (!log.writableEnded) log.write(`${line}\n`)
        this.#options.onLine(name, line)
      },
    }
  }

  #dataFolder(name: string): string {
    return join(this.#options.folder, 'data', name)
  }

  #member(name: string): Member {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`no server is called ${name}`)
    return member
  }
}
