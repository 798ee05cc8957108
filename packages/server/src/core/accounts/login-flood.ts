/**
 * "Do you know this user?", asked of all neighbours in the tree but the asker: in a tree this flood reaches every
 * server once. Each hop remembers whom to answer and which branches still have to answer. A server that knows the
 * pair answers LOGIN_ALLOWED at once; a branch denies only when all servers in it have denied.
 *
 * A nonce belongs to one hop and is never used twice. An answer counts only from a link that was asked with that
 * nonce and has not answered, so nothing old, guessed or misdirected is believed.
 */
import { maxOfferedSalts, type LinkId, type RegisterBody, type ServerMessageOf } from '@jwp/protocol'
import { equalInConstantTime } from '../equal-in-constant-time.js'
import type { LinkTable } from '../tree/link-table.js'
import type { Directory } from '../projections/directory.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Children } from '../tree/children.js'

export interface LoginFloodNeeds {
  readonly links: Pick<LinkTable, 'send'>
  readonly directory: Pick<Directory, 'find'>
  readonly provisional: Pick<ProvisionalAccounts, 'add' | 'find'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly role: Pick<RoleKeeper, 'parentLink'>
  readonly children: Pick<Children, 'all'>
}

/** Questions under way at one server. More are denied as busy: about 500 bytes each are kept. */
const maxOpen = 1_024
/** Of these from one neighbour, so that one branch cannot take the room of all others. */
const maxOpenPerLink = 256

/** Without `salt` and `verifier`: only whether the name is known. */
export interface LoginQuestion {
  readonly username: string
  readonly salt?: string | undefined
  readonly verifier?: string | undefined
}

export interface LoginAnswer {
  /** Some server knows this very pair. */
  readonly account: RegisterBody | undefined
  /** Otherwise: salts under which the name is known. */
  readonly salts: readonly string[]
  /** Otherwise: not all servers could be asked. */
  readonly busy: boolean
}

type Answered = (answer: LoginAnswer) => void

interface OpenFlood extends LoginQuestion {
  readonly nonce: number
  /** The branch that asked; undefined: a client of ours. */
  readonly from: LinkId | undefined
  readonly expiresMs: number
  /** Branches that have not answered. */
  readonly owing: Set<LinkId>
  readonly salts: Set<string>
  busy: boolean
  readonly answered: Answered
}

const hexBytes = /^(?:[0-9a-f]{2})+$/
const unknownUser: LoginAnswer = { account: undefined, salts: [], busy: false }

export class LoginFlood {
  readonly #needs: LoginFloodNeeds
  readonly #open = new Map<number, OpenFlood>()
  readonly #openFrom = new Map<LinkId | undefined, number>()
  #nextNonce = 1

  constructor(needs: LoginFloodNeeds) {
    this.#needs = needs
  }

  get openCount(): number {
    return this.#open.size
  }

  /**
   * Asks all branches for a client of ours, whether or not we know the name. `answered` is called once, perhaps before
   * this returns, and not at all after the returned function was called.
   */
  ask(question: LoginQuestion, answered: Answered): () => void {
    const nonce = this.#flood(question, undefined, answered)
    return () => {
      const flood = nonce === undefined ? undefined : this.#open.get(nonce)
      if (flood !== undefined) this.#close(flood)
    }
  }

  /** A neighbour in the tree asks. */
  asked(link: LinkId, { nonce, ...question }: ServerMessageOf<'LOGIN_REQUEST'>): void {
    const answered = ({ account, salts, busy }: LoginAnswer): void =>
      this.#needs.links.send(
        link,
        account === undefined
          ? { type: 'LOGIN_DENIED', nonce, salts, busy }
          : { type: 'LOGIN_ALLOWED', nonce, ...account },
      )
    const known = this.#answerAlone(question)
    if (known === undefined) this.#flood(question, link, answered)
    else answered(known)
  }

  allowed(link: LinkId, message: ServerMessageOf<'LOGIN_ALLOWED'>): void {
    const flood = this.#open.get(message.nonce)
    if (flood?.owing.has(link) !== true || !isAbout(flood, message)) return
    const { username, salt, verifier } = message
    const account = { username, salt, verifier }
    this.#close(flood)
    const { directory, provisional } = this.#needs
    if (directory.find(username) === undefined) provisional.add(account)
    flood.answered({ account, salts: [], busy: false })
  }

  denied(link: LinkId, { nonce, salts, busy }: ServerMessageOf<'LOGIN_DENIED'>): void {
    const flood = this.#open.get(nonce)
    if (flood?.owing.delete(link) !== true) return
    for (const salt of salts) if (flood.salts.size < maxOfferedSalts) flood.salts.add(salt)
    flood.busy ||= busy
    this.#settle(flood)
  }

  /** A branch that is gone has nothing to answer, and an asker that is gone needs no answer. */
  linkLost(link: LinkId): void {
    for (const flood of [...this.#open.values()]) {
      if (flood.from === link) this.#close(flood)
      else if (flood.owing.delete(link)) this.#settle(flood)
    }
  }

  tick(): void {
    for (const flood of this.#open.values()) {
      if (flood.expiresMs > this.#needs.time.nowMs) return
      // The asker has given up before.
      this.#close(flood)
    }
  }

  nextDeadlineMs(): number | undefined {
    // All have the same time, so the first to be asked is the first to expire.
    return this.#open.values().next().value?.expiresMs
  }

  /** @returns its nonce, if an answer is still to come */
  #flood(question: LoginQuestion, from: LinkId | undefined, answered: Answered): number | undefined {
    const { time, options, links } = this.#needs
    const owing = new Set(this.#neighboursBut(from))
    if (owing.size === 0) {
      answered(unknownUser)
      return undefined
    }
    const openFromThere = this.#openFrom.get(from) ?? 0
    if (this.#open.size >= maxOpen || (from !== undefined && openFromThere >= maxOpenPerLink)) {
      answered({ ...unknownUser, busy: true })
      return undefined
    }
    const { username, salt, verifier } = question
    const nonce = this.#nextNonce++
    this.#openFrom.set(from, openFromThere + 1)
    this.#open.set(nonce, {
      ...{ username, salt, verifier, nonce, from, owing, answered },
      expiresMs: time.nowMs + options.timing.decideWithinMs,
      salts: new Set(),
      busy: false,
    })
    const pair = salt === undefined || verifier === undefined ? {} : { salt, verifier }
    for (const link of owing) links.send(link, { type: 'LOGIN_REQUEST', nonce, username, ...pair })
    return nonce
  }

  *#neighboursBut(from: LinkId | undefined): Generator<LinkId> {
    const { role, children } = this.#needs
    const { parentLink } = role
    if (parentLink !== undefined && parentLink !== from) yield parentLink
    for (const { link } of children.all()) if (link !== from) yield link
  }

  /** What this server can answer alone; undefined: others must be asked. */
  #answerAlone(question: LoginQuestion): LoginAnswer | undefined {
    const { directory, provisional } = this.#needs
    const { username } = question
    const user = directory.find(username)
    const known = user ?? provisional.find(username)
    // An entry of the log may hold any text. Such a name cannot log in, and no neighbour would accept it as an
    // answer.
    if (known === undefined || !hexBytes.test(known.salt) || !hexBytes.test(known.verifier)) return undefined
    const { salt, verifier } = known
    if (question.verifier === undefined) return { ...unknownUser, salts: [salt] }
    if (isAbout(question, known)) return { ...unknownUser, account: { username, salt, verifier } }
    // A provisional account keeps no user out.
    return user === undefined ? undefined : { ...unknownUser, salts: [salt] }
  }

  #settle(flood: OpenFlood): void {
    // In the first round any salt will do; another one would be sent in the second.
    const isEnough = flood.verifier === undefined && flood.salts.size > 0
    if (flood.owing.size > 0 && !isEnough) return
    this.#close(flood)
    flood.answered({ account: undefined, salts: [...flood.salts], busy: flood.busy })
  }

  #close({ nonce, from }: OpenFlood): void {
    this.#open.delete(nonce)
    const left = (this.#openFrom.get(from) ?? 1) - 1
    if (left > 0) this.#openFrom.set(from, left)
    else this.#openFrom.delete(from)
  }
}

function isAbout(question: LoginQuestion, { username, salt, verifier }: RegisterBody): boolean {
  if (question.salt === undefined || question.verifier === undefined) return false
  const isSameSecret = equalInConstantTime(question.verifier, verifier)
  return question.username === username && question.salt === salt && isSameSecret
}
