/** An expensive answer is worked out once for all requests within a moment. */
import { performance } from 'node:perf_hooks'

/** How old an answer may be, in milliseconds. Raise: frequent requests cost less. Lower: the answer is newer. */
const freshMs = 100

export class SharedAnswer<Answer> {
  readonly #make: () => Answer
  #last: { readonly answer: Answer; readonly atMs: number } | undefined

  /** @param make a promise is shared like anything else, one that fails as well */
  constructor(make: () => Answer) {
    this.#make = make
  }

  get(): Answer {
    const nowMs = performance.now()
    if (this.#last === undefined || nowMs - this.#last.atMs >= freshMs)
      this.#last = { answer: this.#make(), atMs: nowMs }
    return this.#last.answer
  }
}
