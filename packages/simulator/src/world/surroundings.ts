/** What every process finds in its world. */
import type { Platform, Random } from '@jwp/protocol'
import type { EventQueue } from './event-queue.js'
import type { Network } from './network/network.js'

export interface Surroundings {
  readonly queue: EventQueue
  readonly random: Random
  readonly network: Network
  readonly platform: Platform
}

/** With the observers that it reports to: each process names what it reports. */
export type SeenBy<Watch> = Surroundings & { readonly observers: Watch }
