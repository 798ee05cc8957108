/**
 * Ends those whom our own processes have started. They are nobody's children, so that they outlive their starter, and
 * no IPC channel tells them that the whole network ends. Each holds a connection to us instead, says nothing on it, and
 * leaves when it is let go: in order, or by the system, however our process ends.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** In the environment, which whoever is started inherits: the port that we listen on. */
const variable = 'JWP_LIFELINE'

const loopback = '127.0.0.1'
/** Far more than a network on one machine has; a stranger here must not take all the sockets that we may have. */
const maxHolders = 1_000

export class Lifeline {
  readonly #server: Server
  readonly #holders = new Set<Socket>()

  static async open(): Promise<Lifeline> {
    const lifeline = new Lifeline()
    lifeline.#server.listen(0, loopback)
    await once(lifeline.#server, 'listening')
    return lifeline
  }

  private constructor() {
    this.#server = createServer((holder) => {
      this.#holders.add(holder)
      holder.once('close', () => this.#holders.delete(holder))
      holder.on('error', () => undefined)
      // What nobody reads would never end.
      holder.resume()
    })
    this.#server.maxConnections = maxHolders
    this.#server.unref()
  }

  /** For processes of ours: what they start finds us by it. */
  get environment(): Record<string, string> {
    return { [variable]: String((this.#server.address() as AddressInfo).port) }
  }

  /** Asks all of them to leave in order. Resolves when they are gone; after `patienceMs` they are not waited for. */
  async letGo(patienceMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const holder of this.#holders) holder.end()
    const impatience = setTimeout(() => {
      for (const holder of this.#holders) holder.destroy()
    }, patienceMs)
    await gone
    clearTimeout(impatience)
  }
}

/** Runs `onLetGo` once the network that this process was started for ends; never, if it was started for none. */
export function holdLifeline(onLetGo: () => void): void {
  // Our children have a channel, and their supervisor an order in which they end.
  if (process.channel || process.env[variable] === undefined) return
  const line = connect({
    host: loopback,
    port: Number(process.env[variable]),
    // The other side waits until this process is gone, which is when the system closes our half.
    allowHalfOpen: true,
  })
  line.on('end', onLetGo)
  line.on('error', onLetGo)
  line.resume()
  line.unref()
}
