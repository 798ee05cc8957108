/**
 * Ends processes that were started by servers of this network (`--autoscale`). They are detached, so that they outlive
 * the server that started them, and no IPC channel tells them that the whole network ends. Each holds a connection to
 * this process instead, sends nothing on it, and leaves when it ends: in order, or by the system, however this process
 * ends.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** In the environment, which started processes inherit: the port that the parent listens on. */
const variable = 'JWP_PARENT_WATCH'

const loopback = '127.0.0.1'
/** Far more than a network on one machine has; an unknown peer must not take all sockets of this process. */
const maxHolders = 1_000

export class ParentWatch {
  readonly #server: Server
  readonly #holders = new Set<Socket>()

  static async open(): Promise<ParentWatch> {
    const parentWatch = new ParentWatch()
    parentWatch.#server.listen(0, loopback)
    await once(parentWatch.#server, 'listening')
    return parentWatch
  }

  private constructor() {
    this.#server = createServer((holder) => {
      this.#holders.add(holder)
      holder.once('close', () => this.#holders.delete(holder))
      holder.on('error', () => undefined)
      // A pipe that is not read would never end.
      holder.resume()
    })
    this.#server.maxConnections = maxHolders
    this.#server.unref()
  }

  /** For the servers of the network: what they start finds this process by it. */
  get environment(): Record<string, string> {
    return { [variable]: String((this.#server.address() as AddressInfo).port) }
  }

  /** Asks all of them to leave in order. Resolves when they are gone; after `patienceMs` they are not waited for. */
  async letGo(limitMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const holder of this.#holders) holder.end()
    const leaveTimer = setTimeout(() => {
      for (const holder of this.#holders) holder.destroy()
    }, limitMs)
    await gone
    clearTimeout(leaveTimer)
  }
}

/** Runs `onLetGo` once the network that this process was started for ends; never, if it was started for none. */
export function watchParent(onLetGo: () => void): void {
  // Direct children have a channel, and their supervisor an order in which they end.
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
