/**
 * Salted scrypt verifiers, off the event loop. Two at a time at most: a storm of logins waits in line, and deliveries
 * do not wait for it.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import PQueue from 'p-queue'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'

const scryptAsync = promisify(scrypt) as (secret: string, salt: Buffer, bytes: number) => Promise<Buffer>
const saltBytes = 16
const verifierBytes = 32
/**
 * When more than these wait, further ones are refused at once: they could not be served before their deadline, and a
 * hash for a client that has gone is wasted.
 */
const maxWaiting = 256

export class SecretHashing {
  readonly #queue = new PQueue({ concurrency: 2 })
  readonly #done: (input: ServerInput) => void

  constructor(done: (input: ServerInput) => void) {
    this.#done = done
  }

  get waiting(): number {
    return this.#queue.size
  }

  hash({ job, secret, salt: given }: ServerEffectOf<'hash-secret'>): void {
    this.#run(job, async () => {
      const salt = given === undefined ? randomBytes(saltBytes) : Buffer.from(given, 'hex')
      const verifier = await scryptAsync(secret, salt, verifierBytes)
      return { type: 'secret-hashed', job, salt: salt.toString('hex'), verifier: verifier.toString('hex') }
    })
  }

  check({ job, secret, salt, verifier }: ServerEffectOf<'check-secret'>): void {
    this.#run(job, async () => {
      const expected = Buffer.from(verifier, 'hex')
      const actual = await scryptAsync(secret, Buffer.from(salt, 'hex'), verifierBytes)
      return {
        type: 'secret-checked',
        job,
        ok: expected.length === actual.length && timingSafeEqual(expected, actual),
      }
    })
  }

  #run(job: number, work: () => Promise<ServerInput>): void {
    if (this.#queue.size >= maxWaiting) {
      setImmediate(() => {
        this.#done({ type: 'job-failed', job, info: 'too many logins at once' })
      })
      return
    }
    this.#queue
      .add(work)
      .catch((error: unknown): ServerInput => ({ type: 'job-failed', job, info: (error as Error).message }))
      .then((input) => {
        this.#done(input)
      }, rethrowLater)
  }
}

/** A defect in the core must end the process loudly, not vanish in a promise. */
function rethrowLater(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
