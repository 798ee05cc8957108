/**
 * A TCP relay that can fall silent: it stands between two processes where a cable would, so that a cut can be made
 * without privileges and without a sign to either side.
 *
 * Silent, it keeps what it was given, the end of a connection included, and hands it on when the line is whole again:
 * what TCP makes of a cable that is put back. One thing differs from a cable: a connection that is begun in a cut is
 * accepted at once and then says nothing, as with a process that is stopped.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { RelayedConnection, type Flow } from './relayed-connection.js'

export interface RelayOptions {
  /** Address to listen on; `127.0.0.1` by default. */
  readonly host?: string
  /** 0 (default): any free port. */
  readonly port?: number
  readonly target: { readonly host: string; readonly port: number }
}

/** Both ways, as nothing was cut. */
const open: Flow = { toTarget: true, fromTarget: true }

export class Relay {
  readonly host: string
  readonly port: number
  readonly #target: RelayOptions['target']
  readonly #connections = new Set<RelayedConnection>()
  #server: Server | undefined
  #flowFor: (from: string) => Flow = () => open

  private constructor(server: Server, options: RelayOptions) {
    this.#target = options.target
    this.host = options.host ?? '127.0.0.1'
    this.port = (server.address() as AddressInfo).port
    this.#server = server
    server.on('connection', this.#accepted)
  }

  /** @throws with the code EADDRINUSE or EADDRNOTAVAIL when the port cannot be had. */
  static async listen(options: RelayOptions): Promise<Relay> {
    return new Relay(await listening(options.host ?? '127.0.0.1', options.port ?? 0), options)
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /**
   * What passes from now on, on connections of now and later. `flowFor` is asked with the address that a connection
   * comes from.
   */
  setFlow(flowFor: (from: string) => Flow): void {
    this.#flowFor = flowFor
    for (const connection of this.#connections) connection.setFlow(flowFor(connection.from))
  }

  /** Dials are refused from now on, as where nothing listens. Connections live on. */
  refuse(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /**
   * Takes dials again.
   * @throws when another process has taken the port meanwhile.
   */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return
    const server = await listening(this.host, this.port)
    server.on('connection', this.#accepted)
    this.#server = server
  }

  /** Cuts connections, loudly: both sides see it closed. All, or those from addresses that are chosen. */
  dropConnections(isChosen: (from: string) => boolean = () => true): void {
    for (const connection of this.#connections) if (isChosen(connection.from)) connection.destroy()
  }

  close(): void {
    this.refuse()
    this.dropConnections()
  }

  readonly #accepted = (socket: Socket): void => {
    const connection = new RelayedConnection(socket, this.#target, () => {
      this.#connections.delete(connection)
    })
    this.#connections.add(connection)
    connection.setFlow(this.#flowFor(connection.from))
  }
}

async function listening(host: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', () => undefined)
  return server
}
