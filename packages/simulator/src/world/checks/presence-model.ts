/**
 * What the table of presence should be, worked out from a whole log from its first entry on, in the plainest way: nothing
 * is taken back, nothing is thrown away, nothing is shared with the server's own code but the words in the entries.
 */
import type { ShadowLog } from './log-shadow.js'

type Place = readonly (readonly [epoch: string, last: number])[]

interface ModelConnection {
  readonly home: string
  readonly number: number
  readonly from: number
}

export interface ModelUser {
  connections: ModelConnection[]
  /** Sent elsewhere from there, with no other connection left: it has not gone. */
  onTheWayFrom?: string | undefined
  /** Every time in which the user was connected, the first to the last: after the one index, up to the other. */
  readonly windows: { readonly after: number; upTo: number }[]
  /** Of the backlog, the user has received everything up to here. */
  cursor: number
}

interface ModelHome {
  covers: number
  delivered: number
  behind: ReadonlyMap<number, number>
}

interface Said {
  readonly connections?: readonly (readonly [number, string])[]
  readonly again?: boolean
  readonly connection: number
  readonly moving?: boolean
  readonly at: Place
  readonly server: string
  readonly upTo: number
  readonly behind: readonly (readonly [number, Place])[]
}

export class PresenceModel {
  readonly users = new Map<string, ModelUser>()
  /** Every login that the log knows, in its order. */
  readonly logins: { readonly home: string; readonly name: string; readonly index: number }[] = []
  readonly #homes = new Map<string, ModelHome>()
  readonly #lastOfEpoch = new Map<string, number>()

  /** @param upTo entries after it are not read */
  constructor(log: ShadowLog, upTo: number) {
    for (let index = 1; index <= upTo; index++) {
      const { epoch, kind, publisher, body } = log.entries[index - 1]!
      this.#lastOfEpoch.set(epoch, index)
      if (kind === 'login' || kind === 'logout' || kind === 'gone' || kind === 'delivered')
        this.#apply(kind, publisher, JSON.parse(String.fromCharCode(...body)) as Said, index)
    }
  }

  online(): string[] {
    return [...this.users]
      .filter(([, { connections, onTheWayFrom }]) => connections.length > 0 || onTheWayFrom !== undefined)
      .map(([name]) => name)
  }

  /** How far this connection has got the log, as the log tells. */
  positionOf({ home, number, from }: ModelConnection): number {
    const said = this.#homes.get(home)
    if (said === undefined || number > said.covers) return from
    return Math.max(from, said.behind.get(number) ?? said.delivered)
  }

  #apply(kind: string, publisher: string, said: Said, index: number): void {
    if (kind === 'login')
      for (const [number, name] of said.connections!) this.#login(publisher, number, name, said, index)
    else if (kind === 'logout') {
      const at = this.#resolve(said.at)
      this.#end(
        index,
        at,
        ({ home, number }) => home === publisher && number === said.connection,
        said.moving,
      )
    } else if (kind === 'gone' && said.connections !== undefined) {
      for (const [number, name] of said.connections)
        this.#lostOnTheWay(name, `${said.server} ${number}`, index)
    } else if (kind === 'gone') this.#end(index, 0, ({ home }) => home === said.server)
    else this.#delivered(publisher, said)
  }

  #login(home: string, number: number, name: string, { again }: Said, index: number): void {
    this.logins.push({ home, name, index })
    const user = this.users.get(name)
    if (user === undefined) {
      const connections = [{ home, number, from: index }]
      this.users.set(name, { connections, windows: [{ after: index, upTo: Infinity }], cursor: index })
      return
    }
    if (this.#all().some((other) => other.home === home && other.number === number)) return
    const got = Math.max(user.cursor, ...user.connections.map((other) => this.positionOf(other)))
    const last = user.windows.at(-1)!
    if (user.connections.length === 0 && user.onTheWayFrom === undefined) {
      if (again === true) last.upTo = Infinity
      else user.windows.push({ after: index, upTo: Infinity })
    }
    user.connections = [...user.connections, { home, number, from: got }]
    user.onTheWayFrom = undefined
  }

  #lostOnTheWay(name: string, from: string, index: number): void {
    const user = this.users.get(name)
    if (user?.onTheWayFrom !== from) return
    user.onTheWayFrom = undefined
    user.windows.at(-1)!.upTo = index
  }

  #end(index: number, at: number, isMeant: (connection: ModelConnection) => boolean, isMoving = false): void {
    for (const user of this.users.values())
      for (const connection of user.connections.filter(isMeant)) {
        user.cursor = Math.max(user.cursor, at, this.positionOf(connection))
        user.connections = user.connections.filter((other) => other !== connection)
        if (user.connections.length > 0) continue
        if (isMoving) user.onTheWayFrom = `${connection.home} ${connection.number}`
        else user.windows.at(-1)!.upTo = index
      }
    const homes = new Set(this.#all().map(({ home }) => home))
    for (const home of [...this.#homes.keys()]) if (!homes.has(home)) this.#homes.delete(home)
  }

  #delivered(home: string, { upTo, at, behind }: Said): void {
    if (!this.#all().some((connection) => connection.home === home)) return
    const before = this.#homes.get(home)
    this.#homes.set(home, {
      covers: Math.max(upTo, before?.covers ?? 0),
      delivered: this.#resolve(at),
      behind: new Map(behind.map(([number, place]) => [number, this.#resolve(place)] as const)),
    })
  }

  #all(): ModelConnection[] {
    return [...this.users.values()].flatMap(({ connections }) => connections)
  }

  /** The end of what that place and this log have in common. */
  #resolve(place: Place): number {
    for (const [epoch, last] of [...place].reverse()) {
      const ours = this.#lastOfEpoch.get(epoch)
      if (ours !== undefined) return Math.min(ours, last)
    }
    return 0
  }
}
