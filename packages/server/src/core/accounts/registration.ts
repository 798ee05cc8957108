/**
 * REGISTER: the secret is hashed outside, the name and its verifier become an entry of the log, and the log decides:
 * the first entry has the name. No locks, no votes, and after a partition the answer is the same everywhere.
 */
import { anonymous, type RegisterBody } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { ClientState } from '../clients/client-state.js'
import { queueLimitEntries } from '../clients/publishing.js'
import { InvalidCommand, secretOf, usernameOf, type Fields } from '../clients/command-shapes.js'
import type { RegisterOutcome } from '../projections/directory.js'
import type { Jobs } from './jobs.js'
import { whyNoName, whyNoSecret } from './name-rules.js'

export class Registration {
  readonly #parts: Parts
  readonly #jobs: Jobs

  constructor(parts: Parts, jobs: Jobs) {
    this.#parts = parts
    this.#jobs = jobs
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
    if (this.#parts.directory.find(username) !== undefined) return this.#fail(client, takenInfo(username))
    const wait = this.#parts.loginGuard.whyNot(client, username)
    if (wait !== undefined) return this.#fail(client, `${username} was not registered: ${wait}`)
    const { clients, time, options } = this.#parts
    clients.decide(client, {
      deadlineMs: time.nowMs + options.timing.decideWithinMs,
      onDeadline: () =>
        this.#fail(
          client,
          `not decided within ${options.timing.decideWithinMs} ms: ${username} may still become registered, try to log in`,
        ),
    })
    this.#jobs.hashSecret(secret, undefined, (result) => {
      if (client.deciding === undefined) return
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

  /** An account that the log we now have has never heard of: after a parting longer than the retention, or deaths. */
  enterAgain(account: RegisterBody): void {
    const { ownEntries, platform } = this.#parts
    ownEntries.publish('register', platform.encodeUtf8(JSON.stringify(account)))
  }

  /** A register entry was applied: whoever is logged in with an account that lost its name must go. */
  applied({ body, won }: RegisterOutcome): void {
    const { heardAccounts, directory } = this.#parts
    const wasHeard = heardAccounts.drop(body.username)
    // Who has won a name of which nothing was heard has nobody to drive away; not worth looking at all clients.
    if (won && !wasHeard) return
    this.#dismissLosers((username) => (username === body.username ? directory.find(username) : undefined))
  }

  /** The directory is another one now. */
  restarted(): void {
    const { heardAccounts, directory } = this.#parts
    heardAccounts.dropKnown((username) => directory.find(username) !== undefined)
    this.#dismissLosers((username) => directory.find(username))
  }

  /** Whoever is logged in under a name with another account than its owner's. */
  #dismissLosers(ownerOf: (username: string) => RegisterBody | undefined): void {
    for (const client of [...this.#parts.sessions.all()]) {
      // Who is in as anonymous may have registered a name meanwhile.
      for (const member of [client.member, client.registered]) {
        const owner = member === undefined ? undefined : ownerOf(member.username)
        if (owner === undefined || owner.verifier === member?.verifier) continue
        this.#fail(client, takenInfo(owner.username))
        break
      }
    }
  }

  #enter(client: ClientState, secret: string, account: RegisterBody): void {
    const { ownEntries, platform, queue } = this.#parts
    // A name is not worth more memory than a message: while the network takes nothing, publishers wait, and this does not.
    if (queue.size >= queueLimitEntries)
      return this.#fail(
        client,
        `${account.username} was not registered: the network is too slow now, try again`,
      )
    ownEntries.publish('register', platform.encodeUtf8(JSON.stringify(account)), () => {
      if (client.deciding === undefined) return
      const owner = this.#parts.directory.find(account.username)
      // Its entry was dropped with a history that only others had: the name is still free.
      if (owner === undefined) return this.#enter(client, secret, account)
      if (owner.verifier !== account.verifier) {
        this.#fail(client, takenInfo(account.username))
        return
      }
      this.#parts.clients.decided(client)
      client.registered = { username: account.username, secret, verifier: account.verifier }
      this.#parts.outbox.tell(client.id, {
        command: 'REGISTER_SUCCESS',
        info: `register success for ${account.username}`,
      })
      this.#parts.clients.nextLines(client)
    })
  }

  #fail(client: ClientState, info: string): void {
    this.#parts.outbox.tell(client.id, { command: 'REGISTER_FAILED', info })
    this.#parts.sessions.hangUp(client)
    client.deciding = undefined
  }
}

function takenInfo(username: string): string {
  return `${username} is already registered with the system`
}
