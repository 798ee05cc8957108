/** What the program has handled: passed to the core once per turn, however many broadcasts that were. */
interface Positioned {
  readonly epoch: string
  readonly index: number
}

export class HandledMark<Item extends Positioned> {
  readonly #tell: (item: Item) => void
  #last: Item | undefined
  #isScheduled = false

  constructor(tell: (item: Item) => void) {
    this.#tell = tell
  }

  /** This one, and all before it. */
  done(item: Item): void {
    this.#last = item
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.flush()
    })
  }

  flush(): void {
    const last = this.#last
    this.#last = undefined
    if (last !== undefined) this.#tell(last)
  }
}
