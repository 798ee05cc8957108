/**
 * Slows down guessing of secrets, and limits the hashes that one address asks for at once. Many people may be behind
 * one address, so failures count for the name first, and do not delay other names. What has been quiet lately is
 * forgotten.
 */
import type { ClientState } from '../clients/client-state.js'
import type { ServerOptions } from '../options.js'
import type { Decisions } from '../clients/decisions.js'
import type { TurnTime } from '../turn-time.js'
import type { Directory } from '../projections/directory.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'

export interface LoginGuardNeeds {
  readonly options: Pick<ServerOptions, 'limits'>
  readonly decisions: Pick<Decisions, 'countFrom'>
  readonly time: TurnTime
  readonly directory: Pick<Directory, 'find'>
  readonly provisional: Pick<ProvisionalAccounts, 'find'>
}

/** An address may fail this many times as often as one name there: then only names without failures are looked at. */
const namesPerAddress = 10
/** Of the undecided logins of such an address, one in so many may be for unknown names. */
const unknownShare = 8
/**
 * Buckets of each kind that are remembered. Beyond that, the one that failed longest ago is forgotten. Only names
 * that exist count, so an attacker who wants to be forgotten has to fail as often with other users' names.
 */
const maxBuckets = 10_000
const minuteMs = 60_000

interface Bucket {
  count: number
  atMs: number
}

/** Each fills with failures, and leaks as many a minute as it may hold. */
class Buckets {
  readonly limit: number
  /** The last to fail is last. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: number) {
    this.limit = limit
  }

  add(key: string, nowMs: number): void {
    const count = this.count(key, nowMs) + 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { count, atMs: nowMs })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > maxBuckets) this.#buckets.delete(oldest!)
  }

  count(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return 0
    const count = bucket.count - ((nowMs - bucket.atMs) * this.limit) / minuteMs
    if (count > 0) return count
    this.#buckets.delete(key)
    return 0
  }

  /** Until it holds no more than this. */
  waitMs(key: string, atMost: number, nowMs: number): number {
    return Math.max(0, ((this.count(key, nowMs) - atMost) * minuteMs) / this.limit)
  }
}

export class LoginGuard {
  readonly #needs: LoginGuardNeeds
  readonly #byAddress: Buckets
  readonly #byName: Buckets

  constructor(needs: LoginGuardNeeds) {
    this.#needs = needs
    const { failedLoginsPerMinute } = needs.options.limits
    this.#byName = new Buckets(failedLoginsPerMinute)
    this.#byAddress = new Buckets(failedLoginsPerMinute * namesPerAddress)
  }

  /** Undefined: the secret of this name may be looked at. */
  whyNot({ addressGroup }: ClientState, username: string): string | undefined {
    if (addressGroup === undefined) return undefined
    const { decisions, options, time } = this.#needs
    const { nowMs } = time
    const { decidingPerAddress } = options.limits
    const key = keyOf(addressGroup, username)
    const most = this.#byName.limit
    const nameWaitMs = this.#byName.waitMs(key, most - 1, nowMs)
    if (nameWaitMs > 0)
      return `too many failed logins as ${username} from ${addressGroup} (${most} a minute at most), ${again(nameWaitMs)}`
    const deciding = decisions.countFrom(addressGroup)
    if (deciding >= decidingPerAddress)
      return `too many logins from ${addressGroup} at once (${decidingPerAddress} at most), try again`
    const { limit } = this.#byAddress
    const addressWaitMs = this.#byAddress.waitMs(addressGroup, limit - 1, nowMs)
    if (addressWaitMs === 0) return undefined
    const words = `too many failed logins from ${addressGroup} (${limit} a minute at most)`
    const untilNoFailureMs = this.#byName.waitMs(key, 0, nowMs)
    if (untilNoFailureMs > 0) return `${words}, ${again(Math.min(addressWaitMs, untilNoFailureMs))}`
    // A name that the log has not brought here yet may be asked for elsewhere, which costs others something.
    if (!this.#isKnown(username) && deciding >= Math.ceil(decidingPerAddress / unknownShare))
      return `${words}, ${again(addressWaitMs)}`
    return undefined
  }

  /** @param isThere the name is there, and the secret is not its own; else there is no such name */
  failed({ addressGroup }: ClientState, username: string, isThere: boolean): void {
    if (addressGroup === undefined) return
    const { nowMs } = this.#needs.time
    this.#byAddress.add(addressGroup, nowMs)
    if (isThere) this.#byName.add(keyOf(addressGroup, username), nowMs)
  }

  #isKnown(username: string): boolean {
    const { directory, provisional } = this.#needs
    return (directory.find(username) ?? provisional.find(username)) !== undefined
  }
}

function keyOf(addressGroup: string, username: string): string {
  return `${addressGroup} ${username}`
}

function again(waitMs: number): string {
  return `try again in ${Math.max(1, Math.ceil(waitMs / 1_000))} s`
}
