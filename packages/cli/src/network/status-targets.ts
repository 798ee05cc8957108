/** How to ask the servers of a network of ours, whose secrets we made. */
import type { StatusTarget } from '../tree/walk-network.js'
import type { LocalNetwork } from './local-network.js'

export function targetsOf(network: LocalNetwork): StatusTarget[] {
  const { host } = network.plan
  return network.runningServers().map(({ port, secret }) => ({ host, port, secret }))
}
