/** A port that nobody listens on now. Another process may still be quicker. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

export async function freePort(host: string | undefined): Promise<number> {
  const holder = createServer()
  holder.listen(0, host)
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  holder.close()
  await once(holder, 'close')
  return port
}
