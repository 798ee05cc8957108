/** Finding the addresses of a host without waiting where there is nothing to wait for. */
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns'

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/**
 * `localhost` needs no name server: the real look-up waits in the same pool of threads as the hashing of secrets,
 * and healing must not wait for that.
 */
export function lookupQuickly(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  if (hostname !== 'localhost') dnsLookup(hostname, options, callback as never)
  else if (options.all === true) {
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ])
  } else if (options.family === 6) callback(null, '::1', 6)
  else callback(null, '127.0.0.1', 4)
}
