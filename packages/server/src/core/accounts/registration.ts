/**
 * REGISTER: the secret is hashed outside, the name and its verifier become an entry of the log, and the log decides:
 * the first entry has the name. No locks, no votes, and after a partition the answer is the same everywhere.
 */
import { anonymous, type RegisterBody, type Platform } from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'
import { queueLimitEntries } from '../clients/publishing.js'
import { InvalidCommand, secretOf, usernameOf, type Fields } from '../clients/command-shapes.js'
import type { RegisterOutcome, Directory } from '../projections/directory.js'
import type { Jobs } from './jobs.js'
import { whyNoName, whyNoSecret } from './name-rules.js'
import type { LogProjection } from '../projections/log-projection.js'
import type { LoginGuard } from './login-guard.js'
import type { Decisions } from '../clients/decisions.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { OwnEntries } from '../log/own-entries.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'
import type { Sessions } from '../clients/sessions.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { Outbox } from '../outbox.js'

export interface RegistrationNeeds {
  readonly directory: Pick<Directory, 'find'>
  readonly loginGuard: Pick<LoginGuard, 'whyNot'>
  readonly decisions: Pick<Decisions, 'begin' | 'end' | 'nextLines' | 'of'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly jobs: Pick<Jobs, 'hashSecret'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
  readonly provisional: Pick<ProvisionalAccounts, 'drop' | 'dropKnown'>
  readonly sessions: Pick<Sessions, 'all' | 'close'>
  readonly queue: Pick<OutboundQueue, 'size'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
}

export class Registration implements LogProjection {
  readonly #needs: RegistrationNeeds

  constructor(needs: RegistrationNeeds) {
    this.#needs = needs
  }

  /** @throws InvalidCommand */
  begin(client: ClientState, fields: Fields): void {
    if (client.member !== undefined && client.member.username !== anonymous)
      throw new InvalidCommand('REGISTER after login: log out first')
    const username = usernameOf(fields)
    const secret = secretOf(fields)
    const whyNot = whyNoName(username)
    if (whyNot !== undefined) return this.#fail(client, `${username} ${whyNot}`)
    if (secret === undefined) return this.#fail(client, `${username} needs a secret to be registered`)
    const whyNotSecret = whyNoSecret(secret)
    if (whyNotSecret !== undefined)
      return this.#fail(client, `${username} was not registered: ${whyNotSecret}`)
    if (this.#needs.directory.find(username) !== undefined) return this.#fail(client, takenInfo(username))
    const wait = this.#needs.loginGuard.whyNot(client, username)
    if (wait !== undefined) return this.#fail(client, `${username} was not registered: ${wait}`)
    const { decisions, time, options } = this.#needs
    decisions.begin(client, {
      deadlineMs: time.nowMs + options.timing.decideWithinMs,
      onDeadline: () =>
        this.#fail(
          client,
          `not decided within ${options.timing.decideWithinMs} ms: ${username} may still become registered, try to log in`,
        ),
    })
    this.#needs.jobs.hashSecret(secret, undefined, (result) => {
      if (this.#needs.decisions.of(client) === undefined) return
      if (result.type !== 'secret-hashed') {
        this.#fail(
          client,
          `${username} was not registered: ${result.type === 'job-failed' ? result.info : 'no hash'}`,
        )
        return
      }
      this.#enter(client, secret, { username, salt: result.salt, verifier: result.verifier })
    })
  }

  /** An account that the log we now have has never heard of: after a partition longer than the retention, or deaths. */
  enterAgain(account: RegisterBody): void {
    const { ownEntries, platform } = this.#needs
    ownEntries.publish('register', platform.encodeUtf8(JSON.stringify(account)))
  }

  /** A registration was applied: clients that are logged in with an account that lost its name must go. */
  applied({ body, won }: RegisterOutcome): void {
    const { provisional, directory } = this.#needs
    const wasHeard = provisional.drop(body.username)
    // A name without a provisional account has no such clients; it is not worth looking at all of them.
    if (won && !wasHeard) return
    this.#dismissLosers((username) => (username === body.username ? directory.find(username) : undefined))
  }

  applyActivities(): void {
    // None is a registration.
  }

  apply(): void {
    // The directory reports what became of each registration: `applied`.
  }

  endApply(): void {
    // As above.
  }

  cutTo(): void {
    // Clients that were told about a name that is truncated are told again, when it is decided anew.
  }

  settle(): void {
    // Nothing is kept to undo entries.
  }

  restart(): void {
    // Accounts that lose their name by it are logged out when the new base is complete.
  }

  endRestart(): void {
    const { provisional, directory } = this.#needs
    provisional.dropKnown((username) => directory.find(username) !== undefined)
    this.#dismissLosers((username) => directory.find(username))
  }

  /** Clients that are logged in under a name with another account than its owner's. */
  #dismissLosers(ownerOf: (username: string) => RegisterBody | undefined): void {
    for (const client of [...this.#needs.sessions.all()]) {
      // A client that is in as anonymous may have registered a name meanwhile.
      for (const member of [client.member, client.registered]) {
        const owner = member === undefined ? undefined : ownerOf(member.username)
        if (owner === undefined || owner.verifier === member?.verifier) continue
        this.#fail(client, takenInfo(owner.username))
        break
      }
    }
  }

  #enter(client: ClientState, secret: string, account: RegisterBody): void {
    const { ownEntries, platform, queue } = this.#needs
    // A name is not worth more memory than a message: while the network takes nothing, publishers wait, and this does not.
    if (queue.size >= queueLimitEntries)
      return this.#fail(
        client,
        `${account.username} was not registered: the network is too slow now, try again`,
      )
    ownEntries.publish('register', platform.encodeUtf8(JSON.stringify(account)), () => {
      if (this.#needs.decisions.of(client) === undefined) return
      const owner = this.#needs.directory.find(account.username)
      // Its entry was dropped with a history that only others had: the name is still free.
      if (owner === undefined) return this.#enter(client, secret, account)
      if (owner.verifier !== account.verifier) {
        this.#fail(client, takenInfo(account.username))
        return
      }
      this.#needs.decisions.end(client)
      client.registered = { username: account.username, secret, verifier: account.verifier }
      this.#needs.outbox.sendToClient(client.id, {
        command: 'REGISTER_SUCCESS',
        info: `register success for ${account.username}`,
      })
      this.#needs.decisions.nextLines(client)
    })
  }

  #fail(client: ClientState, info: string): void {
    this.#needs.outbox.sendToClient(client.id, { command: 'REGISTER_FAILED', info })
    this.#needs.sessions.close(client)
  }
}

function takenInfo(username: string): string {
  return `${username} is already registered with the system`
}
