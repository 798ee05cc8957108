/**
 * Addresses as a peer on another machine gives them: `localhost` there means its machine, not this one. What comes
 * over a link is corrected here, once, before any piece reads it.
 */
import type { Address, Ancestor, ClockAddresses, ServerMessage } from '@jwp/protocol'
import { isLoopbackHost } from '@jwp/protocol'

/** @param peerHost where the peer is, as we see it; undefined: unknown. */
export function asSeenFrom(peerHost: string | undefined, message: ServerMessage): ServerMessage {
  if (peerHost === undefined || isLoopbackHost(peerHost)) return message
  const seen = <Place extends { readonly host: string }>(place: Place): Place =>
    isLoopbackHost(place.host) ? { ...place, host: peerHost } : place
  const seenServer = <Server extends Ancestor>(server: Server): Server => ({
    ...server,
    address: seen(server.address),
  })
  const seenAll = (addresses: readonly Address[]): Address[] => addresses.map(seen)
  const seenClocks = ({ standbys, ...clock }: ClockAddresses): ClockAddresses => ({
    ...seen(clock),
    ...(standbys === undefined ? {} : { standbys: standbys.map(seen) }),
  })
  switch (message.type) {
    case 'AUTHENTICATE':
    case 'CHECK':
      return isLoopbackHost(message.hostname) ? { ...message, hostname: peerHost } : message
    case 'AUTHENTICATION_SUCCESS':
      return {
        ...message,
        path: message.path.map(seenServer),
        succession: message.succession.map(seenServer),
        contacts: seenAll(message.contacts),
        clock: seenClocks(message.clock),
      }
    case 'PATH':
      return {
        ...message,
        path: message.path.map(seenServer),
        succession: message.succession.map(seenServer),
        clock: seenClocks(message.clock),
      }
    case 'REFUSE':
      return message.redirect === undefined ? message : { ...message, redirect: seen(message.redirect) }
    case 'REPORT':
      return {
        ...message,
        members: seenAll(message.members),
        ...(message.strangers === undefined ? {} : { strangers: seenAll(message.strangers) }),
      }
    case 'SOME':
      return { ...message, members: seenAll(message.members) }
    case 'LOADS':
      return {
        ...message,
        least: message.least.map((load) => ({ ...load, address: seen(load.address) })),
      }
    case 'LEAVE':
      return message.to === undefined ? message : { ...message, to: seen(message.to) }
    case 'PROBE':
      return { ...message, address: seen(message.address) }
    case 'PROBE_RESULT':
      return message.root === undefined ? message : { ...message, root: seenServer(message.root) }
    default:
      return message
  }
}
