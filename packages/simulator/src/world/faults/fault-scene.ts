/** What a fault may do to a world. */
import type { Network } from '../network/network.js'
import type { EventQueue } from '../event-queue.js'
import type { Observer } from '../observers.js'
import type { ClockProcess } from '../processes/clock-process.js'
import type { ForeignEra } from '../processes/foreign-server.js'
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
  /**
   * Starts a dead server as a new incarnation; `order` picks among the dead. `losesDisk`: whatever it had kept is gone.
   * `moves`: under another host and port.
   */
  restartDead(
    order: number,
    how: { readonly losesDisk: boolean; readonly moves: boolean },
  ): string | undefined
  /** Starts the server of that name, with its disk, unless it lives. */
  startAgain(host: string): void
  /** Something that speaks another version listens where the dead server of that name did, until the returned function is called. */
  startForeign(
    host: string,
    how: { readonly era: ForeignEra; readonly knockEveryMs: number | undefined },
  ): () => void
  /** An unknown server is started, and configured to join the one of that name. */
  startNewcomer(remote: string): void
  leave(server: ServerProcess): void
  crashClient(name: string): void
  /** The client of that name publishes this text, if it can. */
  publish(client: string, text: (n: number) => string): void
  /** Another program shows the session of this client, if it has one, at these servers. */
  startTwin(name: string, of: string, servers: readonly string[]): void
  /** The client of that name stops reading, or the server's links fill up, until the returned function is called. */
  stall(host: string): () => void
  /** Called when the harm ends, and no later: whatever lasts must end then. */
  atHeal(end: () => void): void
  /** Strikes that wait for something to happen look out for it. */
  observe(observer: Observer): void
  say(text: string): void
}

export interface ClientOnGround {
  readonly name: string
  readonly program?: string
  readonly publishEveryMs: number | undefined
}

/** Clients that may die while there is one left to look, and that are told when what they said is safe. */
export function clientsWithLastWords(ground: FaultGround): readonly ClientOnGround[] {
  return ground.clients
    .slice(1)
    .filter((client) => client.program !== 'plain' && client.publishEveryMs !== undefined)
}

/** What a schedule is drawn for. */
export interface FaultGround {
  readonly servers: readonly { readonly name: string }[]
  readonly clients: readonly ClientOnGround[]
  /** Faults strike between these, in milliseconds since the beginning. */
  readonly fromMs: number
  readonly toMs: number
  /**
   * How long servers may be partitioned at a stretch. `brief`: never so long that a root is given up and wakes beside
   * its heir. `long`: tens of seconds, too.
   */
  readonly partitions: 'brief' | 'any' | 'long'
  /** Servers with a disk. */
  readonly disks: 'none' | 'some' | 'all'
}
