/** A wire to a server that, from some moment on, takes in nothing of what the server says, and still passes on the rest. */
import type { ExecutionContext } from 'ava'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class DeafRelay {
  readonly #server: Server
  readonly #target: Socket
  private constructor(server: Server, target: Socket) {
    this.#server = server
    this.#target = target
  }

  /** Takes one connection. */
  static async before(t: ExecutionContext, targetPort: number): Promise<DeafRelay> {
    const target = connect(targetPort, '127.0.0.1')
    target.on('error', () => undefined)
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.pipe(target).pipe(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      target.destroy()
      server.close()
    })
    return new DeafRelay(server, target)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stopReading(): void {
    this.#target.unpipe()
    this.#target.pause()
  }
}
