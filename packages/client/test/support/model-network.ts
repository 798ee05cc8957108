/**
 * A network as one client sees it, small enough to be obviously right: one log, servers that lag behind it, a
 * connection that may break at any moment and take with it what was under way, roots that change and cut the log.
 *
 * What the real network promises, it keeps: numbers of a publisher without gaps, and only what was not acknowledged
 * may be lost (or the tail of the log with its client's own entries, which that client must then send again).
 */
import { commonPrefix, extendLineage, type Epoch, type Lineage } from '@jwp/protocol'

interface Entry {
  readonly epoch: Epoch
  /** Undefined: an entry that clients do not see, as a login. */
  readonly publisher: string | undefined
  readonly n: number
  readonly text: string
}

interface ModelConnection {
  readonly server: number
  readonly toServer: Record<string, unknown>[]
  readonly toClient: object[]
  publisher: string | undefined
  ackLevel: string
  cursor: number
  told: number
}

export class ModelNetwork {
  readonly log: Entry[] = []
  /** How much of the log each server has applied. */
  readonly applied: number[]
  connection: ModelConnection | undefined
  /** The last number of each publisher in the log when the client first logged in. */
  hadAtFirstLogin: ReadonlyMap<string, number> | undefined
  readonly #pending = new Map<string, Map<number, string>>()
  #terms = 0
  #sessions = 0

  constructor(serverCount: number) {
    this.applied = Array.from({ length: serverCount }, () => 0)
    this.changeRoot(0)
  }

  connect(server: number): void {
    this.connection = {
      server,
      toServer: [],
      toClient: [],
      publisher: undefined,
      ackLevel: 'logged',
      cursor: 0,
      told: 0,
    }
  }

  /** The connection is gone. The server had read the first `read` lines that were under way to it. */
  sever(read: number): void {
    for (let i = 0; i < read && this.hasLineForServer; i++) this.readLine()
    this.connection = undefined
  }

  get hasLineForServer(): boolean {
    return (this.connection?.toServer.length ?? 0) > 0
  }

  takeLineForClient(): object | undefined {
    return this.connection?.toClient.shift()
  }

  /** The server handles one line of the client. */
  readLine(): void {
    const connection = this.connection
    const line = connection?.toServer.shift()
    if (connection === undefined || line === undefined) return
    switch (line['command']) {
      case 'LOGIN':
        return this.#logIn(connection, line)
      case 'PING':
        return void connection.toClient.push({ command: 'PONG' })
      case 'ACTIVITY_MESSAGE':
        return this.#publishFrom(connection, line)
    }
  }

  /** Another client publishes. */
  publish(publisher: string, n: number): void {
    this.#pend(publisher, n, `${publisher} says ${n}`)
  }

  /** An entry that clients are not shown. */
  appendHidden(): void {
    this.log.push({ epoch: this.#epoch, publisher: undefined, n: 0, text: '' })
  }

  /** The root orders at most this many of what waits. */
  order(most: number): void {
    let left = most
    for (const [publisher, waiting] of this.#pending) {
      for (let n = this.#lastNumber(publisher, this.log.length) + 1; left > 0 && waiting.has(n); n++) {
        this.log.push({ epoch: this.#epoch, publisher, n, text: waiting.get(n)! })
        waiting.delete(n)
        left--
      }
      for (const n of waiting.keys()) if (n <= this.#lastNumber(publisher, this.log.length)) waiting.delete(n)
    }
  }

  /** A server gets to know the next entries. */
  apply(server: number, most: number): void {
    this.applied[server] = Math.min(this.log.length, this.applied[server]! + most)
  }

  /** What the client's server has applied goes out, and its acknowledgements. */
  flush(): void {
    const connection = this.connection
    if (connection?.publisher === undefined) return
    const end = this.applied[connection.server]!
    while (connection.cursor < end) {
      const entry = this.log[connection.cursor++]!
      const place = { epoch: entry.epoch, index: connection.cursor }
      if (entry.text === 'marker') connection.toClient.push({ command: 'EPOCH', ...place })
      else if (entry.publisher !== undefined) connection.toClient.push(broadcastOf(entry, place.index))
    }
    this.#acknowledge(connection)
  }

  /** A new root begins, without the last `cut` entries of the log, which are pending again. */
  changeRoot(cut: number): void {
    this.#cutTo(Math.max(0, this.log.length - cut), () => true)
    this.#terms++
    this.log.push({ epoch: this.#epoch, publisher: undefined, n: 0, text: 'marker' })
  }

  /** A new root, and all servers that had the client's own entries in the tail of the log are dead. */
  loseTail(cut: number, owner: string): void {
    this.#cutTo(Math.max(0, this.log.length - cut), (entry) => entry.publisher !== owner)
    this.#pending.delete(owner)
    this.#terms++
    this.log.push({ epoch: this.#epoch, publisher: undefined, n: 0, text: 'marker' })
  }

  /** The server that held the client's pending messages is dead. */
  losePending(owner: string): void {
    this.#pending.delete(owner)
  }

  get #epoch(): Epoch {
    return `${this.#terms}.root#${this.#terms}` as Epoch
  }

  #logIn(connection: ModelConnection, line: Record<string, unknown>): void {
    const resume = line['resume'] as { publisher: string; lineage: Lineage } | undefined
    const end = this.applied[connection.server]!
    const publisher = resume?.publisher ?? `client-${++this.#sessions}`
    const at = resume === undefined ? end : commonPrefix(resume.lineage, this.#lineageUpTo(end))
    const expect = this.#lastNumber(publisher, end) + 1
    // A first login whose answer is lost on the way is followed by another one.
    if (resume === undefined) {
      this.hadAtFirstLogin = new Map(this.log.slice(0, end).map(({ publisher = '', n }) => [publisher, n]))
    }
    connection.publisher = publisher
    connection.ackLevel = line['ackLevel'] as string
    connection.cursor = at
    connection.told = expect - 1
    connection.toClient.push({
      command: 'LOGIN_SUCCESS',
      version: 1,
      info: 'logged in',
      session: 'cd'.repeat(16),
      publisher,
      expect,
      at,
      lineage: this.#lineageUpTo(at),
      servers: this.applied.map((_, server) => ({ hostname: 'jwp.test', port: server + 1 })),
    })
    // An acknowledgement of `everywhere` for what was logged before comes when all have it.
    if (connection.ackLevel === 'everywhere') connection.told = 0
  }

  #publishFrom(connection: ModelConnection, line: Record<string, unknown>): void {
    const n = line['id'] as number
    const publisher = connection.publisher!
    if (n <= this.#lastNumber(publisher, this.applied[connection.server]!))
      connection.told = Math.min(connection.told, n - 1)
    else this.#pend(publisher, n, (line['activity'] as { text: string }).text)
  }

  #acknowledge(connection: ModelConnection): void {
    const publisher = connection.publisher!
    let id: number
    if (connection.ackLevel === 'everywhere') id = this.#lastNumber(publisher, Math.min(...this.applied))
    else id = this.#lastNumber(publisher, this.applied[connection.server]!)
    if (connection.ackLevel === 'held') {
      const waiting = this.#pending.get(publisher)
      while (waiting?.has(id + 1)) id++
    }
    if (id <= connection.told) return
    connection.told = id
    connection.toClient.push({ command: 'ACTIVITY_ACK', id, level: connection.ackLevel })
  }

  #pend(publisher: string, n: number, text: string): void {
    let waiting = this.#pending.get(publisher)
    if (waiting === undefined) this.#pending.set(publisher, (waiting = new Map<number, string>()))
    if (n > this.#lastNumber(publisher, this.log.length)) waiting.set(n, text)
  }

  #cutTo(end: number, survives: (entry: Entry) => boolean): void {
    const cut = this.log.splice(end)
    for (const entry of cut)
      if (entry.publisher !== undefined && survives(entry)) this.#pend(entry.publisher, entry.n, entry.text)
    this.applied.forEach((applied, server) => (this.applied[server] = Math.min(applied, end)))
    const { connection } = this
    if (connection?.publisher === undefined || connection.cursor <= end) return
    connection.cursor = end
    const epoch = this.log[end - 1]?.epoch
    if (epoch !== undefined) connection.toClient.push({ command: 'EPOCH', epoch, index: end })
  }

  #lastNumber(publisher: string, end: number): number {
    for (let i = end - 1; i >= 0; i--) if (this.log[i]!.publisher === publisher) return this.log[i]!.n
    return 0
  }

  #lineageUpTo(end: number): Lineage {
    let lineage: Lineage = []
    for (let i = 0; i < end; i++) lineage = extendLineage(lineage, this.log[i]!.epoch, i + 1)
    return lineage
  }
}

function broadcastOf({ epoch, publisher, n, text }: Entry, index: number): object {
  const activity = { text, authenticated_user: 'aaron' }
  return { command: 'ACTIVITY_BROADCAST', activity, epoch, index, timestamp: index, publisher, n }
}
