/** One client of the demo: it publishes, listens to everybody, and takes notes. */
import type { Endpoint } from '@jwp/protocol'
import type { DemoClient } from './demo-client.js'
import type { Receipt, ReceiverNotes } from './delivery-audit.js'
import { SilenceMeter } from './silence-meter.js'
import { SteadyPublisher } from './steady-publisher.js'

export class AudienceMember {
  readonly name: string
  readonly publisher: SteadyPublisher
  readonly silence = new SilenceMeter()
  #client: DemoClient
  #received: Receipt[] = []

  constructor(name: string, client: DemoClient, perSecond: number) {
    this.name = name
    this.#client = client
    this.publisher = new SteadyPublisher(name, perSecond, (activity) => client.send(activity))
    client.onActivity((activity) => {
      this.silence.arrived(performance.now())
      this.#received.push({ publisher: String(activity['from']), number: Number(activity['number']) })
    })
  }

  /** Where it is connected now; undefined while it looks for a server. */
  get server(): Endpoint | undefined {
    return this.#client.server
  }

  get receivedCount(): number {
    return this.#received.length
  }

  notes(): ReceiverNotes {
    return { name: this.name, received: this.#received }
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}
