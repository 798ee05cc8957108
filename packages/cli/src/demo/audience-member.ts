/**
 * One client of the demo: an ordinary user of `@jwp/client` that publishes, receives all messages, and takes notes.
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
  #story: string[] = []
  #missed = 0

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
      const atMs = performance.now()
      this.silence.arrived(atMs)
      this.#received.push({ publisher: String(activity['from']), number: Number(activity['number']), atMs })
    })
    connection.on('gap', ({ missed }) => {
      this.#missed += missed
      this.#tell(`was told that it missed ${missed}`)
    })
    connection.on('connected', (server) => this.#tell(`connected to ${server.hostname}:${server.port}`))
    connection.on('disconnected', (_server, info) => this.#tell(`disconnected: ${info}`))
    connection.on('closed', (error) => this.#tell(`closed: ${error?.message ?? 'as asked'}`))
  }

  /** Where it is connected now; undefined while it looks for a server. */
  get server(): Endpoint | undefined {
    return this.#connection.server
  }

  get receivedCount(): number {
    return this.#received.length
  }

  /** Messages that the network said it does not keep any more. */
  get missed(): number {
    return this.#missed
  }

  /** What the connection went through, a line for each change, beginning with the time in milliseconds. */
  get story(): readonly string[] {
    return this.#story
  }

  notes(): ReceiverNotes {
    return { name: this.name, received: this.#received }
  }

  /** Goes at once: what it sent is acknowledged by now, or never will be. */
  leave(): void {
    this.publisher.stop()
    void this.#connection.close({ now: true })
  }

  #tell(what: string): void {
    this.#story.push(`${Math.round(performance.now())} ${what}`)
  }
}
