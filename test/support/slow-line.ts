/** A line between two servers that carries so many bytes a second towards the one that dials, and all the other way. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

const portionsPerSecond = 100

/** @returns the port to dial instead of `targetPort` */
export async function slowLine(
  t: ExecutionContext,
  targetPort: number,
  bytesPerSecond: number,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: targetPort, noDelay: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    near.pipe(far)
    const portion = Math.ceil(bytesPerSecond / portionsPerSecond)
    const timer = setInterval(() => {
      const bytes = far.read(Math.min(portion, Math.max(1, far.readableLength))) as Buffer | null
      if (bytes !== null) near.write(bytes)
    }, 1_000 / portionsPerSecond)
    far.on('readable', () => undefined)
    far.once('close', () => {
      clearInterval(timer)
      near.destroy()
    })
    near.once('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
