/**
 * An invented network. Every pair of hosts has a latency of its own, with jitter; a link between two hosts keeps
 * its order, as TCP does. A dead process answers a connection attempt with a reset, and its open connections end;
 * a cut answers nothing at all, in either or both directions, and what was under way arrives after the cut is over.
 */
import { Random } from '@jwp/protocol'
import type { EventQueue } from '../event-queue.js'
import { Connection, type Carrier, type ConnectionEnd, type HostName } from './connection.js'
import { frameBytes } from './frame-bytes.js'

/** What listens at an address. */
export interface Listener {
  readonly host: HostName
  /** A stopped (paused) process still has a kernel that accepts for it. */
  readonly isAlive: boolean
  accept(connection: Connection, kind: ConnectionKind): ConnectionEnd
}

export type ConnectionKind = 'server' | 'client' | 'clock'

export interface NetworkShape {
  /** One way, in milliseconds: each pair of hosts draws its own from this range. */
  readonly latencyMs: readonly [number, number]
  /** Part of the latency that each frame adds at random, 0 to 1. */
  readonly jitter: number
  /**
   * Share of frames that are lost on their way and sent again: they come so much later as TCP takes to notice, and what was sent
   * behind them waits. Default none.
   */
  readonly loss?: number
}

export interface Dialling {
  /** Exactly one of the two, once. */
  opened(connection: Connection, roundTripMs: number): ConnectionEnd
  failed(why: 'refused' | 'unreachable', info: string): void
}

/** Linux gives up a connection attempt much later; the shell does not wait for that. */
const connectTimeoutMs = 3_000
const synRetryMs = 1_000
/** As much sooner than on a real line (200) as a silence limit of simulated time is shorter. */
const leastRetransmissionMs = 80

export class Network implements Carrier {
  readonly queue: EventQueue
  readonly random: Random
  readonly #shape: NetworkShape
  readonly #seed: number
  readonly #listeners = new Map<string, Listener>()
  readonly #baseLatencies = new Map<string, number>()
  readonly #cuts = new Set<(from: HostName, to: HostName) => boolean>()
  readonly #slow = new Map<HostName, number>()
  readonly #stalled = new Set<() => void>()
  readonly #narrow = new Map<HostName, number>()
  readonly #hurries = new Set<() => void>()

  constructor(queue: EventQueue, shape: NetworkShape, seed: number) {
    this.queue = queue
    this.#shape = shape
    this.#seed = seed
    this.random = new Random(seed)
  }

  listen(endpoint: string, listener: Listener): void {
    this.#listeners.set(endpoint, listener)
  }

  /** Nothing passes where `isCut` says so, until the returned function is called. */
  cut(isCut: (from: HostName, to: HostName) => boolean): () => void {
    this.#cuts.add(isCut)
    return () => {
      this.#cuts.delete(isCut)
      const stalled = [...this.#stalled]
      this.#stalled.clear()
      for (const retry of stalled) retry()
    }
  }

  /** All that this host sends and gets takes this many times longer. 1: normal. */
  slowDown(host: HostName, factor: number): void {
    if (factor === 1) this.#slow.delete(host)
    else this.#slow.set(host, factor)
  }

  /** Frames between servers pass no faster than this to and from that host, until the returned function is called. */
  narrow(host: HostName, bytesPerMs: number): () => void {
    this.#narrow.set(host, bytesPerMs)
    return () => {
      if (this.#narrow.get(host) !== bytesPerMs) return
      this.#narrow.delete(host)
      const hurries = [...this.#hurries]
      this.#hurries.clear()
      for (const hurry of hurries) hurry()
    }
  }

  /** How long a frame is under way beyond the latency. */
  transmissionMs(from: HostName, to: HostName, frame: unknown): number {
    if (this.#narrow.size === 0) return 0
    const bytesPerMs = Math.min(this.#narrow.get(from) ?? Infinity, this.#narrow.get(to) ?? Infinity)
    return bytesPerMs === Infinity ? 0 : frameBytes(frame) / bytesPerMs
  }

  /** Called when some line is as wide as before. */
  whenWide(hurry: () => void): void {
    this.#hurries.add(hurry)
  }

  isCut(from: HostName, to: HostName): boolean {
    for (const isCut of this.#cuts) if (isCut(from, to)) return true
    return false
  }

  /** Called again when some cut ends. */
  whenCutsChange(retry: () => void): void {
    this.#stalled.add(retry)
  }

  latencyMs(from: HostName, to: HostName): number {
    let base = this.#baseLatencyMs(from, to) * (1 + this.#shape.jitter * this.random.next())
    const { loss = 0 } = this.#shape
    // The other end's word for it takes a round trip; less than this TCP does not wait.
    while (loss > 0 && this.random.chance(loss))
      base += Math.max(leastRetransmissionMs, 2 * this.#baseLatencyMs(from, to))
    return base * (this.#slow.get(from) ?? 1) * (this.#slow.get(to) ?? 1)
  }

  /** @returns a function that gives the attempt up; nothing is reported afterwards. */
  dial(from: HostName, endpoint: string, kind: ConnectionKind, dialling: Dialling): () => void {
    const { queue } = this
    const deadlineMs = queue.nowMs + connectTimeoutMs
    let isOver = false
    const fail = (why: 'refused' | 'unreachable', info: string): void => {
      if (isOver) return
      isOver = true
      dialling.failed(why, info)
    }
    const syn = (): void => {
      if (isOver) return
      const askedMs = queue.nowMs
      const listener = this.#listeners.get(endpoint)
      const to = listener?.host ?? endpoint
      queue.after(this.latencyMs(from, to), () => {
        if (isOver) return
        if (this.isCut(from, to) || this.isCut(to, from)) {
          if (queue.nowMs + synRetryMs < deadlineMs) queue.after(synRetryMs, syn)
          else queue.at(deadlineMs, () => fail('unreachable', 'no answer to the connection attempt'))
          return
        }
        const current = this.#listeners.get(endpoint)
        if (current?.isAlive !== true) {
          queue.after(this.latencyMs(to, from), () => fail('refused', `nothing listens at ${endpoint}`))
          return
        }
        const connection = new Connection(this, from, to)
        connection.dialler = { arrived: () => undefined, closed: (info) => fail('refused', info) }
        connection.answerDial(() => {
          if (isOver) connection.closeFrom('dialler')
          else {
            isOver = true
            connection.dialler = dialling.opened(connection, queue.nowMs - askedMs)
          }
        })
        connection.acceptor = current.accept(connection, kind)
      })
    }
    syn()
    return () => {
      isOver = true
    }
  }

  /** Drawn from the seed and the pair alone, so that it does not depend on who spoke first. */
  #baseLatencyMs(from: HostName, to: HostName): number {
    const key = from < to ? `${from} ${to}` : `${to} ${from}`
    let base = this.#baseLatencies.get(key)
    if (base === undefined) {
      let hash = this.#seed
      for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
      const [low, high] = this.#shape.latencyMs
      this.#baseLatencies.set(key, (base = new Random(hash).between(low, high)))
    }
    return base
  }
}
