/**
 * A server that is asked to take clients takes at most half of the difference, by its own word: so every move makes
 * two loads more equal, and moves come to an end. A server that asks because it is full sends clients that have no
 * room anywhere: that is another matter.
 */
import type { LinkId, ServerMessage } from '@jwp/protocol'
import type { Connection } from '../network/connection.js'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { Accuse } from './violation.js'

export class FairOffers implements Observer {
  readonly #accuse: Accuse
  /** Clients of the last asker; the answer comes over the same connection, before the next question. */
  readonly #asked = new WeakMap<Connection, number>()

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  serverSends(server: ServerProcess, link: LinkId, message: ServerMessage): void {
    const connection = server.connectionOf(link)
    if (connection === undefined) return
    if (message.type === 'OFFER')
      this.#asked.set(connection, message.full === true ? Infinity : message.clients)
    if (message.type !== 'OFFER_RESULT' || message.count === 0) return
    const { count, clients } = message
    const had = clients - count
    const theirs = this.#asked.get(connection) ?? 0
    if (2 * count > theirs - had)
      this.#accuse(
        'balance does no harm',
        `${server.id} with ${had} clients takes ${count} of the ${theirs} of ${server.peerOf(link)}`,
      )
  }
}
