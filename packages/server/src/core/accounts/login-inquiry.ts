/**
 * A login under a name that the log does not know: asks the log (with a barrier entry, after which this server knows
 * what all servers knew) and all branches of the tree, both at once. The first one that knows the pair lets the
 * client in; "not registered" needs the word of both.
 *
 * The branches are asked twice: first for the salt of the name, since salts are random and only servers that know the
 * name have it; then whether the pair is right, with what the secret hashes to. So no secret travels, nor anything
 * that could be compared with a list of hashes made beforehand.
 */
import { maxOfferedSalts, type RegisterBody } from '@jwp/protocol'
import type { Directory } from '../projections/directory.js'
import type { Barrier } from './barrier.js'
import type { Jobs } from './jobs.js'
import type { LoginAnswer, LoginFlood } from './login-flood.js'

export interface InquiryOptions {
  readonly username: string
  readonly secret: string
  /** Whether the client still waits. */
  isAlive(): boolean
  decided(finding: Finding): void
}

export type Finding =
  /** Some server knows this very pair. */
  | { readonly found: 'account'; readonly account: RegisterBody }
  /** Our own log knows the name by now. */
  | { readonly found: 'in-log' }
  /** The name is known, with other secrets only. */
  | { readonly found: 'other-secret' }
  /** Neither the log nor any branch knows the name. */
  | { readonly found: 'unknown' }
  /** Not all servers could be asked. */
  | { readonly found: 'no-answer'; readonly info: string }

export interface LoginInquiryNeeds {
  readonly barrier: Pick<Barrier, 'ask'>
  readonly loginFlood: Pick<LoginFlood, 'ask'>
  readonly directory: Pick<Directory, 'find'>
  readonly jobs: Pick<Jobs, 'hashSecret'>
}

export class LoginInquiry {
  readonly #needs: LoginInquiryNeeds
  readonly #options: InquiryOptions
  readonly #triedSalts = new Set<string>()
  #cancelFlood: (() => void) | undefined
  #hasPassed = false
  /** What all branches said, once they have. */
  #ofBranches: Exclude<Finding, { found: 'account' | 'in-log' }> | undefined
  #isDecided = false

  constructor(needs: LoginInquiryNeeds, options: InquiryOptions) {
    this.#needs = needs
    this.#options = options
  }

  begin(): void {
    const { barrier, loginFlood } = this.#needs
    const { username } = this.#options
    barrier.ask({ isAlive: () => this.#isOpen, passed: () => this.#barrierPassed() })
    this.#cancelFlood = loginFlood.ask({ username }, (answer) => this.#nextRound(answer, undefined))
  }

  /** The client has its answer, and waits no more. */
  end(): void {
    this.#isDecided = true
    this.#cancelFlood?.()
  }

  get #isOpen(): boolean {
    return !this.#isDecided && this.#options.isAlive()
  }

  #barrierPassed(): void {
    const { username } = this.#options
    this.#hasPassed = true
    if (this.#needs.directory.find(username) !== undefined) this.#decide({ found: 'in-log' })
    else this.#conclude()
  }

  #nextRound({ account, salts, busy }: LoginAnswer, saltAsked: string | undefined): void {
    if (!this.#isOpen) return
    if (account !== undefined) return this.#decide({ found: 'account', account })
    const salt = salts.find((offered) => !this.#triedSalts.has(offered))
    if (salt !== undefined && this.#triedSalts.size < maxOfferedSalts) return this.#askWith(salt)
    if (salts.length > 0 && !busy) this.#ofBranches = { found: 'other-secret' }
    else if (busy) this.#ofBranches = { found: 'no-answer', info: 'too many logins at once' }
    // A server knew the name a moment ago, and none does now: its registration is on its way into another log.
    else if (saltAsked !== undefined)
      this.#ofBranches = { found: 'no-answer', info: 'the network is just healing' }
    else this.#ofBranches = { found: 'unknown' }
    this.#conclude()
  }

  #askWith(salt: string): void {
    const { jobs, loginFlood } = this.#needs
    const { username, secret } = this.#options
    this.#triedSalts.add(salt)
    jobs.hashSecret(secret, salt, (result) => {
      if (!this.#isOpen) return
      if (result.type !== 'secret-hashed') {
        const info = result.type === 'job-failed' ? result.info : 'no hash'
        this.#ofBranches = { found: 'no-answer', info }
        return this.#conclude()
      }
      const { verifier } = result
      this.#cancelFlood = loginFlood.ask({ username, salt, verifier }, (answer) =>
        this.#nextRound(answer, salt),
      )
    })
  }

  #conclude(): void {
    const finding = this.#ofBranches
    if (finding === undefined) return
    if (this.#hasPassed || finding.found === 'other-secret') this.#decide(finding)
  }

  #decide(finding: Finding): void {
    if (!this.#isOpen) return
    this.end()
    this.#options.decided(finding)
  }
}
