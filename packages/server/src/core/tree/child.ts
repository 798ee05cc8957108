/**
 * A server below this one, as all pieces know it. What a piece keeps of a child (its log position, say) stays with
 * the piece.
 */
import type { Address, LinkId, ServerId } from '@jwp/protocol'

export interface Child {
  readonly link: LinkId
  readonly id: ServerId
  readonly address: Address
}
