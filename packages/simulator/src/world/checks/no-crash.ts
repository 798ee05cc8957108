/** No core ever throws, gives up or turns a decent peer away, and clients never hear what the protocol does not say. */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { ServerProcess } from '../processes/server-process.js'
import { isRefusedForItsVersion } from './foreign-versions.js'
import type { Accuse } from './violation.js'

export class NoCrash implements Observer {
  readonly #accuse: Accuse

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  serverThrew(server: ServerProcess, error: unknown): void {
    const text =
      error instanceof Error
        ? (error.stack ?? error.message).split('\n').slice(0, 5).join(' | ')
        : String(error)
    this.#accuse('cores never throw', `${server.id}: ${text}`)
  }

  serverEnded(server: ServerProcess): void {
    const isOwed =
      (server.options.disk?.isFull === true && server.endInfo.startsWith('stopped (1): left the network')) ||
      isRefusedForItsVersion(server.endInfo)
    if (server.endInfo.startsWith('stopped') && !server.endInfo.startsWith('stopped (0)') && !isOwed) {
      this.#accuse('no server gives up', `${server.id} ${server.endInfo}`)
    }
  }

  clientComplains(client: ClientProcess, info: string): void {
    this.#accuse('clients hear what the protocol says', `${client.options.name}: ${info}`)
  }
}
