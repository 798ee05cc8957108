/**
 * J7: a registered user gets in everywhere, no other does. A server may say that it cannot decide (it lags, it is cut
 * off, the network heals); it never says that a right secret is wrong, and it says that a registered user is not
 * registered only while nothing connects it to a root that knows the user.
 */
import type { ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { Visit, VisitorClient } from '../processes/visitor-client.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

export class Visits implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  /** The root that knew this visitor when it asked below it, by visitor. */
  readonly #knewAtFirst = new Map<VisitorClient, ServerProcess>()
  /** Answers that were judged. */
  count = 0

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  visitBegins(visit: Visit): void {
    const root = this.#rootThatKnows(visit)
    if (root === undefined) this.#knewAtFirst.delete(visit.client)
    else this.#knewAtFirst.set(visit.client, root)
  }

  visitAnswered(visit: Visit, answer: ServerCommand): void {
    const { client, kind, endpoint } = visit
    const said = `${client.options.name} at ${endpoint} (${kind}): ${JSON.stringify(answer)}`
    this.count++
    if (answer.command === 'LOGIN_SUCCESS' || answer.command === 'REDIRECT') {
      if (kind !== 'right') this.#accuse('J7 only who is registered gets in', said)
      return
    }
    if (answer.command !== 'LOGIN_FAILED') return this.#accuse('J7 a login is answered', said)
    if (answer.info.startsWith('not decided')) return
    const root = this.#rootThatKnows(visit)
    const isKnownAbove = root !== undefined && root === this.#knewAtFirst.get(client)
    if (kind === 'right' && (isKnownAbove || answer.info.startsWith('wrong secret')))
      this.#accuse('J7 who is registered gets in', said)
    if (kind === 'wrong' && isKnownAbove && !answer.info.startsWith('wrong secret'))
      this.#accuse('J7 a wrong secret is called wrong', said)
  }

  /** The root above the server that is visited, if all servers on the way are attached and it knows the visitor. */
  #rootThatKnows({ client, endpoint }: Visit): ServerProcess | undefined {
    const servers = this.#world().alive()
    let server = this.#world().serverAt(endpoint)
    for (let hops = 0; server !== undefined && hops <= servers.length; hops++) {
      const { id } = server
      const { role, parent } = server.core.inspect()
      if (role === 'root') return server.core.inspect().knowsUser(client.username) ? server : undefined
      const above: ServerProcess | undefined = servers.find((other) => other.id === parent)
      server = above?.core.inspect().childIds.includes(id) === true ? above : undefined
    }
    return undefined
  }
}
