/** Broadcasts that wait for `for await`: bounded in number and in bytes, by pausing the producer. */
export class BroadcastQueue<Item> implements AsyncIterator<Item> {
  readonly #maxWaiting: number
  readonly #maxBytes: number
  readonly #pause: (paused: boolean) => void
  readonly #onReturn: () => void
  readonly #onDone: (item: Item) => void
  /** In the hands of the reader. */
  #handedOut: Item | undefined
  #waiting: { readonly item: Item; readonly bytes: number }[] = []
  #bytes = 0
  #readers: { resolve(result: IteratorResult<Item>): void; reject(error: Error): void }[] = []
  #ended = false
  #error: Error | undefined
  #paused = false

  constructor(
    limits: { readonly maxWaiting: number; readonly maxBytes: number },
    pause: (paused: boolean) => void,
    onReturn: () => void,
    onDone: (item: Item) => void,
  ) {
    this.#maxWaiting = limits.maxWaiting
    this.#maxBytes = limits.maxBytes
    this.#pause = pause
    this.#onReturn = onReturn
    this.#onDone = onDone
  }

  push(item: Item, bytes: number): void {
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      this.#handedOut = item
      reader.resolve({ done: false, value: item })
      return
    }
    this.#waiting.push({ item, bytes })
    this.#bytes += bytes
    if (this.isFull) this.#setPaused(true)
  }

  end(error: Error | undefined): void {
    this.#ended = true
    this.#error = error
    for (const reader of this.#readers.splice(0)) {
      if (error === undefined) reader.resolve({ done: true, value: undefined })
      else reader.reject(error)
    }
  }

  /** There is room for no more. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#maxWaiting || this.#bytes >= this.#maxBytes
  }

  /** The first that waits, for a reader that does not use `next`. */
  take(): Item | undefined {
    const first = this.#waiting.shift()
    if (first === undefined) return undefined
    this.#bytes -= first.bytes
    if (this.#waiting.length <= this.#maxWaiting / 2 && this.#bytes <= this.#maxBytes / 2)
      this.#setPaused(false)
    return first.item
  }

  /** No reader wants what waits. */
  drop(): Item[] {
    const dropped = this.#waiting.map(({ item }) => item)
    this.#waiting = []
    this.#bytes = 0
    this.#setPaused(false)
    return dropped
  }

  /** The reader is done with what it has. */
  settle(): void {
    const item = this.#handedOut
    this.#handedOut = undefined
    if (item !== undefined) this.#onDone(item)
  }

  /** The reader has had enough (`break`): nothing is kept for it any more. */
  return(): Promise<IteratorResult<Item>> {
    this.settle()
    this.drop()
    this.#onReturn()
    return Promise.resolve({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<Item>> {
    // A reader that asks for the next one is done with the last.
    this.settle()
    const first = this.take()
    if (first !== undefined) {
      this.#handedOut = first
      return Promise.resolve({ done: false, value: first })
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
    })
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    this.#pause(paused)
  }
}
