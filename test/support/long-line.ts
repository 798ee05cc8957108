/**
 * A line that is long: whatever is sent over it comes so much later, in its order; and it can be cut, as a cable can.
 * Only the kernel that takes a connection is near: that is known at once, and nothing else.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { freePort } from '@jwp/transport'

export class LongLine {
  readonly port: number
  readonly #oneWayMs: number
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  readonly #waiting: (() => void)[] = []
  #isParted = false

  private constructor(port: number, targetPort: number, oneWayMs: number) {
    this.port = port
    this.#targetPort = targetPort
    this.#oneWayMs = oneWayMs
  }

  /** @param port to be dialled instead of the target's */
  static async to(
    t: ExecutionContext,
    targetPort: number,
    oneWayMs: number,
    port?: number,
  ): Promise<LongLine> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      line.#join(near)
    })
    const wanted = port ?? (await freePort())
    await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve))
    const line = new LongLine((server.address() as AddressInfo).port, targetPort, oneWayMs)
    t.teardown(() => {
      server.close()
      for (const socket of line.#sockets) socket.destroy()
    })
    return line
  }

  /** From now on nothing passes, and neither end is told. */
  part(): void {
    this.#isParted = true
  }

  /** What was sent meanwhile arrives. */
  heal(): void {
    this.#isParted = false
    for (const pass of this.#waiting.splice(0)) pass()
  }

  #join(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#targetPort, noDelay: true, allowHalfOpen: true })
    this.#carry(near, far)
    this.#carry(far, near)
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => undefined)
    from.on('data', (chunk: Buffer) => {
      this.#later(() => to.write(chunk))
    })
    from.once('end', () => {
      this.#later(() => to.end())
    })
    from.once('close', (hadError) => {
      this.#sockets.delete(from)
      if (hadError || !from.readableEnded) this.#later(() => to.destroy())
    })
  }

  #later(pass: () => void): void {
    setTimeout(() => {
      if (this.#isParted) this.#waiting.push(pass)
      else pass()
    }, this.#oneWayMs)
  }
}
