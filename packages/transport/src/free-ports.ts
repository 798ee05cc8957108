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
    await letGo(holders)
  }
}

export async function freePort(host?: string): Promise<number> {
  const [port] = await freePorts(1, host)
  return port!
}

/** The first of so many ports in a row. */
export async function freePortRange(wanted: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const first = lowest + Math.floor(Math.random() * (count - wanted))
    const holders: Server[] = []
    try {
      for (let port = first; port < first + wanted; port++) holders.push(await hold(port, undefined))
      return first
    } catch (error) {
      if (attempt > maxAttempts || !isTaken(error)) throw error
    } finally {
      await letGo(holders)
    }
  }
}

async function holdOne(host: string | undefined): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await hold(attempt > maxAttempts ? 0 : lowest + Math.floor(Math.random() * count), host)
    } catch (error) {
      if (attempt > maxAttempts || !isTaken(error)) throw error
    }
  }
}

async function hold(port: number, host: string | undefined): Promise<Server> {
  const holder = createServer().listen(port, host)
  await once(holder, 'listening')
  return holder
}

const letGo = (holders: readonly Server[]): Promise<unknown> =>
  Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
