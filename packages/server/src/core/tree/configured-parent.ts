/**
 * The configured parent (`-rp`), while this server has not been in a tree yet. As long as a server is there that may
 * be in one, this server founds none: that would make two networks, with clients in both.
 */
import type { Address } from '@jwp/protocol'
import { sameEndpoint } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { TurnTime } from '../turn-time.js'
import type { PollAnswer } from './parent-poll.js'
import type { Timers } from './timers.js'

export interface ConfiguredParentNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly timers: Pick<Timers, 'graceMs'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class ConfiguredParent {
  readonly #needs: ConfiguredParentNeeds
  readonly #address: Address
  /** When that address took a connection last; undefined: it never has, or refuses them now. */
  #tookMs: number | undefined
  /** Since when it takes connections and nothing that speaks JWP has answered. */
  #silentSinceMs: number | undefined
  #isLost = false
  /**
   * It has no root above it either, or cannot take this server: the server with the better position founds a tree.
   */
  #isNoHelp = false

  constructor(needs: ConfiguredParentNeeds, address: Address) {
    this.#needs = needs
    this.#address = address
  }

  is(address: Address): boolean {
    return sameEndpoint(address, this.#address)
  }

  took(): void {
    const { nowMs } = this.#needs.time
    this.#tookMs = nowMs
    this.#silentSinceMs ??= nowMs
  }

  /** Nothing listens there. */
  isGone(): void {
    this.#tookMs = undefined
    this.#silentSinceMs = undefined
    this.#isLost = false
  }

  answered(answer: PollAnswer): void {
    this.took()
    this.#silentSinceMs = undefined
    this.#isLost = false
    this.#isNoHelp = answer.is === 'orphan' || answer.is === 'useless'
  }

  /** Whether we are to wait for it, whatever our age. */
  isStillExpected(): boolean {
    const { time, options, timers } = this.#needs
    if (this.#tookMs === undefined || this.#isNoHelp || this.#isLost) return false
    // Its packets may be lost now and then, and it is no less there for that.
    return time.nowMs - this.#tookMs <= options.timing.freshAloneMs + timers.graceMs()
  }

  /** Called now and then: has it said nothing for too long? That is reported once. */
  check(): void {
    const { time, options, outbox } = this.#needs
    const forMs = time.nowMs - (this.#silentSinceMs ?? time.nowMs)
    if (this.#isLost || forMs < options.timing.configuredParentSilenceMs) return
    const { host, port } = this.#address
    this.#isLost = true
    outbox.report({ event: 'parent-says-nothing', host, port, forMs })
  }
}
