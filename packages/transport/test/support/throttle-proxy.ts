/** A wire between two processes that a test can stop, let go on, and cut. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { localhost } from './test-port.js'

export class ThrottleProxy {
  readonly #server: Server
  readonly #sockets: Socket[] = []

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      const far = connect({ host: localhost, port: targetPort, noDelay: true })
      this.#sockets.push(near, far)
      near.pipe(far)
      far.pipe(near)
      for (const socket of [near, far]) socket.on('error', () => undefined)
    })
  }

  static async before(targetPort: number): Promise<ThrottleProxy> {
    const proxy = new ThrottleProxy(targetPort)
    proxy.#server.listen(0, localhost)
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  goOn(): void {
    for (const socket of this.#sockets) socket.resume()
  }

  /** Resets both sides. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
