/** What everything inside a world shares. */
import type { Platform, Random } from '@jwp/protocol'
import type { EventQueue } from './event-queue.js'
import type { Network } from './network/network.js'
import type { Observers } from './observers.js'

export interface WorldParts {
  readonly queue: EventQueue
  readonly random: Random
  readonly network: Network
  readonly platform: Platform
  readonly observers: Observers
}
