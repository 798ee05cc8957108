/** One activity as a client with `resume` was told it, after the client has dropped what it had already. */
import type { Epoch, LogIndex, PublisherId, Timestamp } from '@jwp/protocol'

export interface Delivery {
  readonly publisher: PublisherId
  readonly n: number
  readonly epoch: Epoch
  readonly index: LogIndex
  readonly timestamp: Timestamp
  readonly text: string
}
