/** Which addresses count as one where limits are counted by address. */
import ipaddr from 'ipaddr.js'

/**
 * An IPv4 address is one, and so are all IPv6 addresses of one network of 64 bits: a host that has one has them all.
 */
export function addressGroup(host: string): string {
  const text = host.toLowerCase().replace(/%.*$/, '')
  if (!ipaddr.IPv6.isValid(text)) return text
  // An IPv4 address that a socket for both families shows.
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const network = address.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
