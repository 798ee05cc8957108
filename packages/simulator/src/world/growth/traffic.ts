/** Counts what links carry, by what it is for. */
import type { LinkId, ServerMessage } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'

export interface TrafficCounts {
  /** The log on its way down: entries and commit indexes. */
  log: number
  /**
   * What it takes to give an activity its position: up the tree, to the clock and back, and the acknowledgements of
   * the in-sync children.
   */
  order: number
  /** Messages that tell which servers have it, and which servers are there. */
  stability: number
  other: number
}

/** Heartbeats on idle links have nothing to do with activities. */
const kinds: Partial<Record<ServerMessage['type'], keyof TrafficCounts | 'none'>> = {
  LOG: 'log',
  UP: 'order',
  HELD: 'order',
  ACK: 'order',
  REPORT: 'stability',
  EVERYWHERE: 'stability',
  SOME: 'stability',
  HEARTBEAT: 'none',
}

export class Traffic implements Observer {
  counts: TrafficCounts = { log: 0, order: 0, stability: 0, other: 0 }

  reset(): void {
    this.counts = { log: 0, order: 0, stability: 0, other: 0 }
  }

  serverSends(_server: ServerProcess, _link: LinkId, message: ServerMessage): void {
    const kind = kinds[message.type] ?? 'other'
    if (kind !== 'none') this.counts[kind]++
  }

  /** The question and the answer. */
  clockGranted(): void {
    this.counts.order += 2
  }
}
