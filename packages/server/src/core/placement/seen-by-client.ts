/**
 * Addresses as a client can use them: `localhost` is this machine, and a client on another one would look for the
 * server on its own. It gets the address by which it has reached this server.
 */
import { isLoopbackHost, type Address } from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'

export function seenByClient({ reachedAt }: Pick<ClientState, 'reachedAt'>, address: Address): Address {
  return reachedAt !== undefined && isLoopbackHost(address.host) ? { ...address, host: reachedAt } : address
}
