/** Ports that nobody on this machine listens on, and that the system gives to no connection that is dialled meanwhile. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

/** Below the ports that Linux, macOS and Windows take for outgoing connections, above those that services have. */
const lowest = 15_000
const count = 17_000
/** So many that are taken one after another: then the system may choose. */
const maxAttempts = 50

/**
 * All are held until the last is found, so that none is given twice; another process may still be quicker.
 * @param host the address that they must be free at; all addresses, unless said.
 */
export async function freePorts(wanted: number, host?: string): Promise<number[]> {
  const holders: Server[] = []
  try {
    while (holders.length < wanted) holders.push(await holdOne(host))
    return holders.map((holder) => (holder.address() as AddressInfo).port)
  } finally {
    await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))
  }
}

export async function freePort(host?: string): Promise<number> {
  const [port] = await freePorts(1, host)
  return port!
}

async function holdOne(host: string | undefined): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const holder = createServer()
    try {
      holder.listen(attempt > maxAttempts ? 0 : lowest + Math.floor(Math.random() * count), host)
      await once(holder, 'listening')
      return holder
    } catch (error) {
      if (attempt > maxAttempts || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
