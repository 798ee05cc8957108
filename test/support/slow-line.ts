/**
 * A line between two servers that carries so many bytes a second towards the one that dials, and a limited number of
 * them in all, until it is told to hurry; and everything the other way.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

const portionsPerSecond = 50

export interface SlowLineSpeed {
  readonly bytesPerSecond: number
  readonly mostBytes: number
}

export class SlowLine {
  /** To be dialled instead of the target's. */
  port = 0
  readonly #sockets = new Set<Socket>()
  readonly #portion: number
  readonly #slowed: (() => void)[] = []

  #left: number

  private constructor({ bytesPerSecond, mostBytes }: SlowLineSpeed) {
    this.#left = mostBytes
    this.#portion = Math.ceil(bytesPerSecond / portionsPerSecond)
  }

  static async to(t: ExecutionContext, targetPort: number, speed: SlowLineSpeed): Promise<SlowLine> {
    const line = new SlowLine(speed)
    const server = createServer({ noDelay: true }, (near) => {
      line.#join(near, connect({ host: '127.0.0.1', port: targetPort, noDelay: true }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    line.port = (server.address() as AddressInfo).port
    t.teardown(() => {
      server.close()
      for (const socket of line.#sockets) socket.destroy()
    })
    return line
  }

  /** From now on it carries whatever comes. */
  hurry(): void {
    for (const hurry of this.#slowed.splice(0)) hurry()
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
    }
    near.pipe(far)
    // With a listener that waits for data, but does not take it, the stream fills its buffer and no more.
    const wait = (): void => undefined
    far.on('readable', wait)
    const timer = setInterval(() => {
      const bytes = Math.min(this.#portion, this.#left, far.readableLength)
      const taken = (bytes > 0 ? far.read(bytes) : null) as Buffer | null
      if (taken === null) return
      this.#left -= taken.length
      near.write(taken)
    }, 1_000 / portionsPerSecond)
    this.#slowed.push(() => {
      clearInterval(timer)
      far.off('readable', wait)
      far.pipe(near)
    })
    far.once('close', () => {
      clearInterval(timer)
      near.destroy()
    })
    near.once('close', () => far.destroy())
  }
}
