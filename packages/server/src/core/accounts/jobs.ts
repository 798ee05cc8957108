/** Work that the shell does for us, outside the event loop's turn: hashing. Each job is answered once. */
import type { ServerInputOf } from '../inputs.js'
import type { Outbox } from '../outbox.js'

export type JobResult =
  ServerInputOf<'secret-hashed'> | ServerInputOf<'secret-checked'> | ServerInputOf<'job-failed'>

export class Jobs {
  readonly #outbox: Outbox
  readonly #waiting = new Map<number, (result: JobResult) => void>()
  #next = 1

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** `salt` in hex; undefined: a fresh one. */
  hashSecret(secret: string, salt: string | undefined, done: (result: JobResult) => void): void {
    const job = this.#start(done)
    this.#outbox.push({ type: 'hash-secret', job, secret, salt })
  }

  checkSecret(
    secret: string,
    account: { salt: string; verifier: string },
    done: (result: JobResult) => void,
  ): void {
    const job = this.#start(done)
    this.#outbox.push({ type: 'check-secret', job, secret, salt: account.salt, verifier: account.verifier })
  }

  finished(result: JobResult): void {
    const done = this.#waiting.get(result.job)
    this.#waiting.delete(result.job)
    done?.(result)
  }

  #start(done: (result: JobResult) => void): number {
    const job = this.#next++
    this.#waiting.set(job, done)
    return job
  }
}
