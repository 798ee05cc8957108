/** Ports that nobody on this machine listens on. */
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'

/** All are held open until the last is found, so that no port is given twice. Another process may still be quicker. */
export async function freePorts(count: number): Promise<number[]> {
  const holders: Server[] = []
  try {
    for (let made = 0; made < count; made++) {
      const holder = createServer()
      holders.push(holder)
      holder.listen(0)
      await once(holder, 'listening')
    }
    return holders.map((holder) => {
      const address = holder.address()
      if (address === null || typeof address === 'string') throw new Error('a TCP port was expected')
      return address.port
    })
  } finally {
    await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))
  }
}
