/** Finding the addresses of a host without waiting where there is nothing to wait for. */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'

/**
 * `localhost` needs no name server: the real look-up waits in the same pool of threads as the hashing of secrets,
 * and healing must not wait for that.
 *
 * @param family 4 or 6; 0: both
 */
export function lookupQuickly(
  host: string,
  family: number,
  found: (error: Error | null, addresses: readonly LookupAddress[]) => void,
): void {
  const ofFamily = (addresses: LookupAddress[]): LookupAddress[] =>
    family === 0 ? addresses : addresses.filter((each) => each.family === family)
  if (isIP(host) !== 0) found(null, [{ address: host, family: isIP(host) }])
  else if (host === 'localhost') found(null, ofFamily(localAddresses))
  else dnsLookup(host, { all: true, family }, found)
}

const localAddresses: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]
