/** A run told as a story: when, who, what. Heartbeats and other dull things are left out. */
import type { ClientId, LinkId, ServerCommand, ServerMessage } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { Delivery } from '../processes/delivery.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { describeEvent } from './describe-event.js'
import { describeMessage } from './describe-message.js'

export class Transcript implements Observer {
  readonly #world: World
  readonly #write: (line: string) => void

  constructor(world: World, write: (line: string) => void) {
    this.#world = world
    this.#write = write
  }

  serverStarted(server: ServerProcess): void {
    this.#tell(server.id, 'starts')
  }

  serverEnded(server: ServerProcess): void {
    this.#tell(server.id, server.endInfo)
  }

  serverThrew(server: ServerProcess, error: unknown): void {
    this.#tell(server.id, `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    this.#tell(
      server.id,
      describeEvent(event, (id) => id),
    )
  }

  serverSends(server: ServerProcess, link: LinkId, message: ServerMessage): void {
    const text = describeMessage(message, (id) => id)
    if (text !== undefined) this.#tell(`${server.id} -> ${server.peerOf(link)}`, text)
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    if (command.command === 'PONG' || command.command === 'SERVERS') return
    const text = JSON.stringify(command)
    this.#tell(
      `${server.id} -> ${server.peerOfClient(client)}`,
      text.length > 160 ? `${text.slice(0, 160)}…` : text,
    )
  }

  clockCrashed(): void {
    this.#tell('clock', 'crashed')
  }

  clockStarted(): void {
    this.#tell('clock', 'starts')
  }

  clientPublished(client: ClientProcess, n: number): void {
    this.#tell(client.options.name, `publishes ${client.publisher?.slice(0, 6)}:${n}`)
  }

  clientDelivered(client: ClientProcess, { publisher, n, index }: Delivery): void {
    this.#tell(client.options.name, `got ${publisher.slice(0, 6)}:${n} at ${index}`)
  }

  clientEnded(client: ClientProcess): void {
    this.#tell(client.options.name, 'crashed')
  }

  clientComplains(client: ClientProcess, info: string): void {
    this.#tell(client.options.name, `complains: ${info}`)
  }

  faultStruck(text: string): void {
    this.#tell('----', text)
  }

  #tell(who: string, what: string): void {
    this.#write(`${this.#world.elapsedMs.toFixed(1).padStart(9)}  ${who.padEnd(16)}  ${what}`)
  }
}
