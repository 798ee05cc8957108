/**
 * How long one connection may take to open. The distance of a server is unknown before it has answered: an attempt
 * that ran out makes the next one to that server twice as long, and an answer shows how much it needs.
 */
import type { Endpoint } from '@jwp/protocol'
import { endpointKey } from './endpoint-key.js'
import type { ClientLimits } from './options.js'

/** Servers of which something is remembered. Beyond it all are forgotten: each costs an attempt or two that run out. */
const maxKnown = 256

export class ConnectLimits {
  readonly #limits: Pick<ClientLimits, 'connectWithinMs' | 'connectAtMostMs'>
  readonly #byEndpoint = new Map<string, number>()

  constructor(limits: Pick<ClientLimits, 'connectWithinMs' | 'connectAtMostMs'>) {
    this.#limits = limits
  }

  /** In milliseconds. */
  of(endpoint: Endpoint): number {
    return this.#byEndpoint.get(endpointKey(endpoint)) ?? this.#limits.connectWithinMs
  }

  /** No answer of any kind came within the limit. */
  ranOut(endpoint: Endpoint): void {
    this.#set(endpoint, 2 * this.of(endpoint))
  }

  /** It took so long until the connection was open, or refused. */
  answered(endpoint: Endpoint, tookMs: number): void {
    this.#set(endpoint, 2 * tookMs)
  }

  #set(endpoint: Endpoint, limitMs: number): void {
    const { connectWithinMs, connectAtMostMs } = this.#limits
    const key = endpointKey(endpoint)
    if (limitMs <= connectWithinMs) return void this.#byEndpoint.delete(key)
    if (this.#byEndpoint.size >= maxKnown && !this.#byEndpoint.has(key)) this.#byEndpoint.clear()
    this.#byEndpoint.set(key, Math.min(limitMs, Math.max(connectWithinMs, connectAtMostMs)))
  }
}
