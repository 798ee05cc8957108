/** A link over a socket that came in and opens with `IPC`. */
import type { Socket } from 'node:net'
import { fateOf } from '@jwp/lines'
import type { Link, LinkLimits } from './link.js'
import { AcceptedPeer } from './net-ipc-peer.js'
import { NetLink } from './net-link.js'

/** `onLink` is called when the handshake is done. A socket that does not come to that is destroyed without a word. */
export function acceptLink(
  socket: Socket,
  limits: LinkLimits,
  onLink: (link: Link) => void,
  onTrusted?: () => void,
): void {
  let link: NetLink | undefined
  const giveUp = (): void => {
    if (link === undefined) socket.destroy()
  }
  const handshake = setTimeout(giveUp, limits.handshakeTimeoutMs)
  socket.once('close', () => {
    clearTimeout(handshake)
  })
  socket.once('end', giveUp)
  new AcceptedPeer(socket, {
    onReady: () => {
      clearTimeout(handshake)
      link = new NetLink(socket, limits)
      link.onTrusted = onTrusted
      onLink(link)
    },
    onFailure: (error) => {
      if (link === undefined) socket.destroy()
      else link.fail(fateOf(error))
    },
  })
}
