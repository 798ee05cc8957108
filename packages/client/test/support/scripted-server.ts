/** A server that does on purpose what a real one cannot be made to do. Loopback, a port of its own. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { LineConnection } from '@jwp/lines'
import { broadcastLine, welcomeLine } from './core-bench.js'

export type Line = Record<string, unknown>

export class ScriptedServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Lines of clients, in order, of all connections. */
  readonly heard: Line[] = []
  readonly connections: LineConnection[] = []
  /** What this server does with a line. Change it at any time. */
  onLine: (line: Line, connection: LineConnection, server: ScriptedServer) => void
  /** Broadcasts that it has: sent after a login from the resumed position on, and when they are said. */
  readonly log: { readonly publisher: string; readonly n: number; readonly text: string }[] = []
  readonly #listening: Promise<void>

  private constructor(onLine: ScriptedServer['onLine']) {
    this.onLine = onLine
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      const connection = new LineConnection(socket, { dialect: 'lines' })
      this.connections.push(connection)
      connection.onGarbled = () => undefined
      connection.onValue = (value) => {
        this.heard.push(value as Line)
        this.onLine(value as Line, connection, this)
      }
    })
    this.#listening = new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  static async start(onLine: ScriptedServer['onLine'] = answerWell): Promise<ScriptedServer> {
    const server = new ScriptedServer(onLine)
    await server.#listening
    return server
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  /** All connections break. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.dropConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Appends to its log, and sends it to the connection. */
  broadcast(connection: LineConnection, entry: { publisher?: string; n: number; text?: string }): void {
    const { publisher = 'other', n, text = `${publisher} says ${n}` } = entry
    this.log.push({ publisher, n, text })
    connection.writeCommand(broadcastLine({ index: this.log.length, publisher, n, text }))
  }

  heardCommands(command: string): Line[] {
    return this.heard.filter((line) => line['command'] === command)
  }
}

/** As a lone server would: a log of its own, acknowledged at once. */
export function answerWell(line: Line, connection: LineConnection, server: ScriptedServer): void {
  switch (line['command']) {
    case 'LOGIN': {
      const resume = line['resume'] as { lineage: [string, number][] } | undefined
      const at = resume === undefined ? server.log.length : (resume.lineage.at(-1)?.[1] ?? 0)
      const expect = 1 + server.log.filter(({ publisher }) => publisher === 'me').length
      connection.writeCommand(welcomeLine({ at, expect, lineage: lineageUpTo(at), servers: [] }))
      for (let index = at + 1; index <= server.log.length; index++)
        connection.writeCommand(broadcastLine({ index, ...server.log[index - 1]! }))
      return
    }
    case 'PING':
      return connection.writeCommand({ command: 'PONG' })
    case 'ACTIVITY_MESSAGE': {
      const n = line['id'] as number
      const last = server.log.filter(({ publisher }) => publisher === 'me').length
      if (n === last + 1) server.broadcast(connection, { publisher: 'me', n, text: textOf(line) })
      return connection.writeCommand({ command: 'ACTIVITY_ACK', id: n, level: 'logged' })
    }
    case 'LOGOUT':
      return connection.close()
  }
}

const lineageUpTo = (at: number): [string, number][] => (at === 0 ? [] : [['1.root#1', at]])

const textOf = (line: Line): string => String((line['activity'] as { text?: unknown }).text)
