/** What a fault may do to a world. */
import type { Network } from '../network/network.js'
import type { EventQueue } from '../event-queue.js'
import type { Observer } from '../observers.js'
import type { ClockProcess } from '../processes/clock-process.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { Target } from './target.js'

export interface FaultScene {
  readonly queue: EventQueue
  readonly network: Network
  readonly clock: ClockProcess
  /** Servers that are not dead (paused ones included). */
  alive(): readonly ServerProcess[]
  find(target: Target): ServerProcess | undefined
  crash(server: ServerProcess): void
  /** Starts a dead server as a new incarnation; `order` picks among the dead. */
  restartDead(order: number): string | undefined
  leave(server: ServerProcess): void
  crashClient(name: string): void
  /** The client of that name stops reading, or the server's links fill up, until the returned function is called. */
  stall(host: string): () => void
  /** Called when the harm ends, and no later: whatever lasts must end then. */
  atHeal(end: () => void): void
  /** Strikes that wait for something to happen look out for it. */
  observe(observer: Observer): void
  say(text: string): void
}

/** What a schedule is drawn for. */
export interface FaultGround {
  readonly servers: readonly { readonly name: string }[]
  readonly clients: readonly { readonly name: string }[]
  /** Faults strike between these, in milliseconds since the beginning. */
  readonly fromMs: number
  readonly toMs: number
  /**
   * How long servers may be parted at a stretch. `brief`: never so long that a root is given up and wakes beside its
   * heir. `long`: tens of seconds, too.
   */
  readonly partings: 'brief' | 'any' | 'long'
}
