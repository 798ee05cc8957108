/** A wire whose connections can be made to hang for good, without a word to either side, while new ones work. */
import type { ExecutionContext } from 'ava'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export class HangingRelay {
  readonly #live = new Set<Socket>()
  readonly #all = new Set<Socket>()
  #port = 0

  static async before(t: ExecutionContext, targetPort: number): Promise<HangingRelay> {
    const relay = new HangingRelay()
    const server = createServer((near) => {
      const far = connect(targetPort, '127.0.0.1')
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        relay.#all.add(socket)
        relay.#live.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          // Of one that hangs, the other end hears nothing either.
          if (relay.#live.delete(socket)) other.destroy()
        })
        socket.pipe(other)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    relay.#port = (server.address() as AddressInfo).port
    t.teardown(() => {
      server.close()
      for (const socket of relay.#all) socket.destroy()
    })
    return relay
  }

  get port(): number {
    return this.#port
  }

  /** How many connections work. */
  get connections(): number {
    return this.#live.size / 2
  }

  hang(): void {
    for (const socket of this.#live) socket.unpipe().pause()
    this.#live.clear()
  }
}
