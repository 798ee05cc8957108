/** The twin of a net link inside one process: a queue in each direction, delivered on a later turn. */
import type { Link } from './link.js'

export class MemoryLink implements Link {
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly remoteHost = '127.0.0.1'
  readonly blocked = false
  #other: MemoryLink | undefined
  #queued: unknown[] = []
  #closed = false

  /** Both ends of one link. */
  static pair(): [MemoryLink, MemoryLink] {
    const [a, b] = [new MemoryLink(), new MemoryLink()]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  send(message: unknown): void {
    // The other end must never see a change that is made here afterwards.
    if (!this.#closed) this.#queued.push(structuredClone(message))
  }

  flush(): void {
    if (this.#closed || this.#queued.length === 0) return
    const messages = this.#queued
    this.#queued = []
    const other = this.#other
    setImmediate(() => {
      if (other !== undefined && !other.#closed) other.onMessages?.(messages)
    })
  }

  trust(): void {
    // Nothing here is ever too long.
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    const other = this.#other
    setImmediate(() => {
      if (other === undefined || other.#closed) return
      other.#closed = true
      other.onClosed?.('the other end closed')
    })
  }
}
