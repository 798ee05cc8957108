/**
 * Which of several clocks a root asks, and how long it waits. One of them leads; those that stand by say which. A clock that serves is asked on;
 * one that does not is passed over until each of the others has been asked, or one of them has served.
 */
import { isLoopbackHost, type ClockAddress, type ClockAddresses } from '@jwp/protocol'
import { LatencySamples } from '../tree/latency-samples.js'

/** The longest wait for a clock, in milliseconds: a connection that opens and an answer, a second away. */
const longestTimeoutMs = 4_000

/** Questions in a row without an answer after which the connection is suspected: one may be lost in a long turn. */
const silentAfter = 2

/** Clocks whose distance is remembered. */
const maxDistances = 32

interface Distance {
  readonly latencies: LatencySamples
  /** Questions in a row that it has not answered in time. */
  ranOut: number
}

export class ClockChoice {
  #known: ClockAddresses
  #current: ClockAddress
  /** Asked since the last grant, or since all had been asked. */
  readonly #inVain = new Set<string>()
  readonly #distances = new Map<string, Distance>()

  constructor(clocks: ClockAddresses) {
    this.#known = clocks
    this.#current = addressOf(clocks)
  }

  /** Sent to the children. */
  get known(): ClockAddresses {
    return this.#known
  }

  /** The one to ask. */
  get current(): ClockAddress {
    return this.#current
  }

  /** What a parent says. */
  learn(clocks: ClockAddresses): void {
    const before = allOf(this.#known)
    this.#known = clocks
    const now = allOf(clocks)
    if (now.length === before.length && now.every((clock, k) => isSame(clock, before[k]!))) return
    this.#current = now[0]!
    this.#inVain.clear()
  }

  /** The current one has granted what it was asked for so long ago. */
  served(afterMs: number): void {
    this.#inVain.clear()
    this.#distance.latencies.add(afterMs)
    this.#distance.ranOut = 0
  }

  /** The current one has not answered in time: next time it gets twice as long, until it serves. */
  ranOut(): void {
    this.#distance.ranOut++
  }

  /** The current one says nothing: what leads to it may be dead without a word (a cable, a machine that is gone). */
  get isSilent(): boolean {
    return this.#distance.ranOut >= silentAfter
  }

  /** How long the current one may take: its distance is unknown before it has answered. */
  timeoutMs(leastMs: number): number {
    const { latencies, ranOut } = this.#distance
    const expectedMs = Math.max(leastMs, Math.ceil(8 * (latencies.medianMs() ?? 0)))
    return Math.max(expectedMs, Math.min(longestTimeoutMs, expectedMs * 2 ** Math.min(16, ranOut)))
  }

  /**
   * The current one did not answer: from now on another one is the current one.
   * @param told where it says that the leader is
   * @returns whether the new one is worth asking at once; false when all have been asked
   */
  pass(told?: ClockAddress): boolean {
    const all = allOf(this.#known)
    const hint = told && asSeenBeside(this.#current, told)
    this.#inVain.add(keyOf(this.#current))
    const at = all.findIndex((clock) => isSame(clock, this.#current))
    const others = [...all.slice(at + 1), ...all.slice(0, at + 1)]
    // Clocks that name each other, or ever new ones, must not keep us busy.
    const isPatient = this.#inVain.size < 2 * all.length
    const untried = [...(hint === undefined ? [] : [hint]), ...others].find(
      (clock) => !this.#inVain.has(keyOf(clock)),
    )
    if (isPatient && untried !== undefined) {
      this.#current = untried
      return true
    }
    this.#inVain.clear()
    this.#current = hint ?? others[0]!
    return false
  }

  get #distance(): Distance {
    const key = keyOf(this.#current)
    let distance = this.#distances.get(key)
    if (distance === undefined) {
      // A standby that names ever new clocks must not fill the memory.
      if (this.#distances.size >= maxDistances) this.#distances.clear()
      this.#distances.set(key, (distance = { latencies: new LatencySamples(), ranOut: 0 }))
    }
    return distance
  }
}

const addressOf = ({ host, port }: ClockAddresses): ClockAddress => ({ host, port })
const allOf = (clocks: ClockAddresses): ClockAddress[] => [addressOf(clocks), ...(clocks.standbys ?? [])]
const keyOf = ({ host, port }: ClockAddress): string => `${host}:${port}`
const isSame = (one: ClockAddress, other: ClockAddress): boolean => keyOf(one) === keyOf(other)

/** `localhost` from a clock on another machine means that machine. */
function asSeenBeside(teller: ClockAddress, told: ClockAddress): ClockAddress {
  const isOfTeller = isLoopbackHost(told.host) && !isLoopbackHost(teller.host)
  return isOfTeller ? { ...told, host: teller.host } : told
}
