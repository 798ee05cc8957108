/** Looks at a network of ours through what its servers say of themselves. */
import type { DialTls } from '@jwp/lines'
import type { NetworkView } from '../tree/network-view.js'
import { StatusLines } from '../tree/status-lines.js'
import { walkNetwork, type StatusTarget } from '../tree/walk-network.js'
import type { LocalNetwork } from './local-network.js'

export class NetworkWatch {
  readonly #network: LocalNetwork
  readonly #lines: StatusLines

  /** @param tls undefined: plain */
  constructor(network: LocalNetwork, tls?: DialTls) {
    this.#network = network
    this.#lines = new StatusLines(tls)
  }

  /** Asks every server that has not been killed, and all that these name. Never rejects. */
  look(): Promise<NetworkView> {
    return walkNetwork(this.#targets(), this.#lines.ask)
  }

  close(): void {
    this.#lines.close()
  }

  #targets(): StatusTarget[] {
    const { host } = this.#network.plan
    return this.#network.runningServers().map(({ port, secret }) => ({ host, port, secret }))
  }
}
