/**
 * Checks a name and a secret. The directory mostly has the answer. If a name is not in it yet, the log and all
 * branches of the tree are asked. So a registration that was made anywhere a moment ago counts, and a server that
 * lags or is cut off accepts users that its neighbours know.
 */
import type { RegisterBody } from '@jwp/protocol'
import { LoginInquiry, type Finding, type LoginInquiryNeeds } from './login-inquiry.js'
import { whyNoName } from './name-rules.js'
import type { Jobs } from './jobs.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'

export interface AuthenticationNeeds extends LoginInquiryNeeds {
  readonly provisional: Pick<ProvisionalAccounts, 'drop' | 'find'>
  readonly jobs: Pick<Jobs, 'checkSecret' | 'hashSecret'>
}

export interface Credentials {
  readonly username: string
  readonly secret: string
  /** Whether the client still waits for the answer. */
  readonly isAlive: () => boolean
  /** The pair is right. */
  readonly right: (verifier: string) => void
  /** It is not, and whether there is such a name: in words. */
  readonly wrong: (info: string, isThere: boolean) => void
  /** No answer can be given now; `info` says why. */
  readonly undecided: (info: string) => void
}

export class Authentication {
  readonly #needs: AuthenticationNeeds

  constructor(needs: AuthenticationNeeds) {
    this.#needs = needs
  }

  /** What can be said of a name at once; undefined: the secret must be looked at. */
  whyNot(username: string): string | undefined {
    // Names that were registered before there were rules stay good.
    const whyNot = this.#needs.directory.find(username) === undefined ? whyNoName(username) : undefined
    return whyNot === undefined ? undefined : `${username} is not registered, and ${whyNot}`
  }

  check(asked: Credentials): void {
    const { directory, provisional } = this.#needs
    const user = directory.find(asked.username)
    const heard = provisional.find(asked.username)
    if (user !== undefined) this.#checkRegistered(asked, user)
    else if (heard !== undefined) this.#checkHeard(asked, heard)
    else this.#inquire(asked)
  }

  #checkRegistered(asked: Credentials, user: RegisterBody): void {
    const { username, secret, isAlive, right, wrong, undecided } = asked
    this.#needs.jobs.checkSecret(secret, user, (result) => {
      if (!isAlive()) return
      if (result.type === 'secret-checked' && result.ok) right(user.verifier)
      else if (result.type === 'job-failed') undecided(result.info)
      else wrong(`wrong secret for ${username}`, true)
    })
  }

  /** A provisional account lets a user in, but keeps no user out. */
  #checkHeard(asked: Credentials, heard: RegisterBody): void {
    const { directory, provisional } = this.#needs
    const { username } = heard
    this.#needs.jobs.checkSecret(asked.secret, heard, (result) => {
      if (!asked.isAlive()) return
      const user = directory.find(username)
      const isStillHeard = provisional.find(username)?.verifier === heard.verifier
      if (user !== undefined) this.#checkRegistered(asked, user)
      else if (result.type === 'secret-checked' && result.ok && isStillHeard) asked.right(heard.verifier)
      else this.#inquire(asked)
    })
  }

  #inquire(asked: Credentials): void {
    const { username, secret, isAlive } = asked
    new LoginInquiry(this.#needs, {
      ...{ username, secret, isAlive },
      decided: (finding) => this.#found(asked, finding),
    }).begin()
  }

  #found(asked: Credentials, finding: Finding): void {
    const { username, right, wrong, undecided } = asked
    const user = this.#needs.directory.find(username)
    // If the answers differ, the log decides.
    if (user !== undefined) return this.#checkRegistered(asked, user)
    switch (finding.found) {
      case 'account':
        return right(finding.account.verifier)
      case 'other-secret':
        return wrong(`wrong secret for ${username}`, true)
      case 'no-answer':
        return undecided(finding.info)
      case 'in-log':
      case 'unknown':
        this.#needs.provisional.drop(username)
        return wrong(`${username} is not registered`, false)
    }
  }
}
