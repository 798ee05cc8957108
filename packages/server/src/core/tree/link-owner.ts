/** The piece that handles what comes on links of one purpose. */
import type { ForeignMessage, LinkId, ServerMessage } from '@jwp/protocol'
import type { PeerLink } from './link-table.js'

/** The connection was refused or broke: the process is dead, or goes. Or the network says that it cannot be reached. */
export type HowLost = 'gone' | 'unreachable'

export interface LinkOwner {
  /** A link that we dialled is open. */
  opened?(link: LinkId): void
  /** @returns why such a message does not belong on such a link, which is closed then; undefined: it does */
  message(peer: PeerLink, message: ServerMessage): string | undefined
  /** The peer speaks no version of the protocol that we know; `info` says so in words. Default: the link is closed. */
  foreign?(peer: PeerLink, message: ForeignMessage, info: string): void
  /** It did not open, or is gone; the link table has forgotten it. `why` is said in words. */
  lost(link: LinkId, how: HowLost, why: string): void
}
