/**
 * A server of another version of the protocol, in the place of a usual one: the wrong one was installed. It answers
 * every server that asks, and asks others to let it join, as often as servers did before they had a retry budget.
 */
import { fromWire, type Address, type ServerMessage, type VersionRange } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { ConnectionKind, Listener } from '../network/network.js'
import type { SeenBy } from '../surroundings.js'

/** `older`: from before there were versions on the wire. */
export type ForeignEra = 'older' | 'newer'

const newerVersions: VersionRange = [7, 9]

export interface ForeignOptions {
  readonly address: Address
  /** Of the usual server that was there. */
  readonly host: string
  readonly era: ForeignEra
  /** Time between two join requests; undefined: it sends none. */
  readonly knockEveryMs: number | undefined
  /** The servers that it asks. */
  readonly knocksAt: () => readonly Address[]
}

/** What can be seen of it. */
export interface ForeignServerWatch {
  foreignAsked(foreign: ForeignServer, host: string, message: ServerMessage): void
  foreignAnswered(foreign: ForeignServer, door: Address, answers: readonly ServerMessage[]): void
}

export class ForeignServer implements Listener {
  readonly options: ForeignOptions
  isAlive = true
  knocks = 0
  readonly #parts: SeenBy<ForeignServerWatch>
  readonly #connections = new Map<Connection, 'dialler' | 'acceptor'>()

  constructor(parts: SeenBy<ForeignServerWatch>, options: ForeignOptions) {
    this.#parts = parts
    this.options = options
    parts.network.listen(this.endpoint, this)
    this.#knockLater()
  }

  get host(): string {
    return this.options.host
  }

  get endpoint(): string {
    const { host, port } = this.options.address
    return `${host}:${port}`
  }

  end(): void {
    if (!this.isAlive) return
    this.isAlive = false
    for (const [connection, side] of this.#connections) connection.crashFrom(side)
    this.#connections.clear()
  }

  accept(connection: Connection, kind: ConnectionKind): ConnectionEnd {
    if (kind !== 'server') {
      connection.closeFrom('acceptor')
      return { arrived: () => undefined, closed: () => undefined }
    }
    this.#connections.set(connection, 'acceptor')
    return {
      arrived: (frame) => {
        for (const message of frame as readonly ServerMessage[]) {
          if (!this.isAlive || !this.#connections.has(connection)) return
          this.#parts.observers.foreignAsked(this, connection.diallerHost, message)
          connection.send('acceptor', [fromWire(this.#answer())])
        }
      },
      closed: () => this.#connections.delete(connection),
    }
  }

  #answer(): object {
    return this.options.era === 'older'
      ? { type: 'REFUSE', why: 'rooted' }
      : { type: 'AUTHENTICATION_FAIL', info: 'we speak another language', versions: newerVersions }
  }

  #knockLater(): void {
    const { knockEveryMs, knocksAt } = this.options
    if (knockEveryMs === undefined) return
    this.#parts.queue.after(knockEveryMs, () => {
      if (!this.isAlive) return
      const doors = knocksAt()
      const door = doors[this.knocks % Math.max(1, doors.length)]
      if (door !== undefined) this.#knock(door)
      this.#knockLater()
    })
  }

  #knock(door: Address): void {
    const question = this.#question(this.knocks++, door.secret)
    this.#parts.network.dial(this.host, `${door.host}:${door.port}`, 'server', {
      opened: (connection) => {
        if (!this.isAlive) {
          connection.crashFrom('dialler')
          return { arrived: () => undefined, closed: () => undefined }
        }
        this.#connections.set(connection, 'dialler')
        const heard: ServerMessage[] = []
        connection.send('dialler', [fromWire(question)])
        return {
          arrived: (frame) => heard.push(...(frame as readonly ServerMessage[])),
          closed: () => {
            if (this.#connections.delete(connection)) this.#parts.observers.foreignAnswered(this, door, heard)
          },
        }
      },
      failed: () => undefined,
    })
  }

  /** In the form of its own version: a usual server can rely only on the secret and on the place of the versions. */
  #question(k: number, secret: string): object {
    const type = ['AUTHENTICATE', 'PROBE', 'OFFER', 'AUTHENTICATE'][k % 4]!
    const versions = this.options.era === 'newer' ? { versions: newerVersions } : {}
    return { type, secret, dry: k % 4 === 0, greeting: 'hello', ...versions }
  }
}
