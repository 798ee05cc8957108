/**
 * One client of the demo: an ordinary user of `@jwp/client` that publishes, listens to everybody, and takes notes.
 * When its server dies, the library finds it another one.
 */
import { connect, type Connection } from '@jwp/client'
import type { Endpoint } from '@jwp/protocol'
import type { Receipt, ReceiverNotes } from './delivery-audit.js'
import { SilenceMeter } from './silence-meter.js'
import { SteadyPublisher } from './steady-publisher.js'

export class AudienceMember {
  readonly name: string
  readonly publisher: SteadyPublisher
  readonly silence = new SilenceMeter()
  #connection: Connection
  #received: Receipt[] = []

  /** Hears everything that is published after it resolves, and more. */
  static async join(name: string, server: Endpoint, perSecond: number): Promise<AudienceMember> {
    const connection = await connect({ servers: [{ host: server.hostname, port: server.port }] })
    return new AudienceMember(name, connection, perSecond)
  }

  private constructor(name: string, connection: Connection, perSecond: number) {
    this.name = name
    this.#connection = connection
    this.publisher = new SteadyPublisher(name, perSecond, (activity) => connection.send(activity))
    connection.on('broadcast', ({ activity }) => {
      this.silence.arrived(performance.now())
      this.#received.push({ publisher: String(activity['from']), number: Number(activity['number']) })
    })
  }

  /** Where it is connected now; undefined while it looks for a server. */
  get server(): Endpoint | undefined {
    return this.#connection.server
  }

  get receivedCount(): number {
    return this.#received.length
  }

  notes(): ReceiverNotes {
    return { name: this.name, received: this.#received }
  }

  /** Goes at once: what it sent is acknowledged by now, or never will be. */
  leave(): void {
    this.publisher.stop()
    void this.#connection.close({ now: true })
  }
}
