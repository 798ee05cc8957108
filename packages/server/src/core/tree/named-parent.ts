/**
 * Prefers the configured parent. What is configured counts for more than what is remembered: until this server has
 * been in a tree, it prefers that parent to all others as long as it answers, and reports why it cannot be joined.
 */
import type { Address } from '@jwp/protocol'
import { sameEndpoint } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Deadpool } from './deadpool.js'
import { endpointKey } from './endpoint-key.js'
import type { Candidate, Poll, PollAnswer } from './parent-poll.js'
import { ConfiguredParent, type ConfiguredParentNeeds } from './configured-parent.js'

export interface NamedParentNeeds extends ConfiguredParentNeeds {
  readonly options: Pick<ServerOptions, 'remote' | 'timing'>
  readonly deadpool: Pick<Deadpool, 'hasRemembered' | 'recall' | 'forgetRemembered'>
  readonly outbox: Pick<Outbox, 'report' | 'push'>
}

export class NamedParent {
  readonly #needs: NamedParentNeeds
  /** Undefined: none is configured. */
  readonly #configured: ConfiguredParent | undefined
  /** We have been in a tree: from then on it is a server like others. */
  #hasJoined = false
  /** When it last said anything; at first, when we began to ask it. */
  #spokeMs: number | undefined
  /** Why it could not be reached, when we last said so. */
  #saidUnreachable: string | undefined

  constructor(needs: NamedParentNeeds) {
    this.#needs = needs
    const { remote } = needs.options
    this.#configured = remote && new ConfiguredParent(needs, remote)
  }

  get hasJoined(): boolean {
    return this.#hasJoined
  }

  /** We are in a tree: what the run before knew is none of its business. */
  joined(): void {
    this.#hasJoined = true
    this.#needs.deadpool.forgetRemembered()
  }

  /** It is preferred now, and this is its address. */
  is(address: Address | undefined): boolean {
    const { remote } = this.#needs.options
    return !this.#hasJoined && remote !== undefined && address !== undefined && sameEndpoint(address, remote)
  }

  /** At the begin of a poll: has it said nothing for too long? */
  beginPoll(): void {
    this.#askRememberedIfDue()
    if (!this.#hasJoined) this.#configured?.check()
  }

  /** A server took our connection. */
  connected(address: Address | undefined): void {
    if (address !== undefined && this.#configured?.is(address) === true) this.#configured.took()
  }

  /** A server said something, whatever it was. */
  spoke(address: Address | undefined): void {
    if (this.is(address)) this.#spokeMs = this.#needs.time.nowMs
  }

  /** Nothing listens at this address. */
  gone(address: Address): void {
    if (this.#configured?.is(address) === true) this.#configured.isGone()
  }

  answered(address: Address, answer: PollAnswer): void {
    const hasSpoken = answer.is !== 'gone' && answer.is !== 'unreachable'
    if (hasSpoken && this.#configured?.is(address) === true) this.#configured.answered(answer)
  }

  /** It may be in a tree: as long as that is so, we found none of our own. */
  isStillExpected(): boolean {
    return !this.#hasJoined && this.#configured?.isStillExpected() === true
  }

  /** Among those that were asked. */
  in(poll: Poll): Candidate | undefined {
    return poll.all().find(({ address }) => this.is(address))
  }

  /**
   * Whether to wait for it while others would take us. Not for ever: it may be waiting for us.
   * @param sinceMs when we began to search
   * @param windowEndsMs until then its answer may be expected
   */
  mayTakeUs({ address, answer }: Candidate, sinceMs: number, windowEndsMs: number): boolean {
    const { time } = this.#needs
    if (answer.is === 'dialling' || answer.is === 'silent')
      return time.nowMs < this.waitsUntilMs(sinceMs, windowEndsMs)
    if (!isPlaceless(answer)) return false
    if (time.nowMs < sinceMs + this.#needs.options.timing.rememberedAfterMs) return true
    this.reportUnreachable(address, 'it is in no tree itself, and other servers are')
    return false
  }

  /** A server that accepts the connection may be far away. */
  waitsUntilMs(sinceMs: number, windowEndsMs: number): number {
    if (this.#configured?.isStillExpected() !== true) return windowEndsMs
    return Math.max(windowEndsMs, sinceMs + this.#needs.options.timing.rememberedAfterMs)
  }

  /** The operator wants to know why a server does not join. */
  reportUnreachable(address: Address, info: string): void {
    // Asked again every few milliseconds; said once.
    if (!this.is(address) || this.#saidUnreachable === info) return
    this.#saidUnreachable = info
    const { host, port } = address
    this.#needs.outbox.report({ event: 'parent-unreachable', host, port, info })
  }

  /** If it is this one, its answer will not change by itself, and the server stops. @returns whether it does */
  stopIf(address: Address, info: string): boolean {
    if (!this.is(address)) return false
    this.#needs.outbox.push({ type: 'stop', exitCode: 4, info })
    return true
  }

  /** Perhaps it is gone for good. Without it, what the run before knew is better than nothing. */
  #askRememberedIfDue(): void {
    const { time, deadpool, options, outbox } = this.#needs
    this.#spokeMs ??= time.nowMs
    const { remote, timing } = options
    if (this.#hasJoined || remote === undefined || !deadpool.hasRemembered) return
    if (time.nowMs < this.#spokeMs + timing.rememberedAfterMs) return
    outbox.report({ event: 'asking-remembered', count: deadpool.recall(), named: endpointKey(remote) })
  }
}

/** It looks for a place itself. Others would have us, but it lives, and may soon have one. */
export function isPlaceless(answer: PollAnswer | undefined): boolean {
  return answer?.is === 'orphan' || answer?.is === 'busy'
}
