/** The identity of this server: one process with one id, under one address. */
import { asPublisherId, type Address, type PublisherId, type ServerId } from '@jwp/protocol'

export class Self {
  readonly id: ServerId
  /** The name under which this server publishes entries of its own. */
  readonly publisher: PublisherId
  #address: Address

  constructor(id: ServerId, address: Address) {
    this.id = id
    this.publisher = asPublisherId(id)
    this.#address = address
  }

  get address(): Address {
    return this.#address
  }

  /** A parent sees this server under another host than the one it was given. */
  seenAs(host: string): void {
    this.#address = { ...this.#address, host }
  }
}
