/**
 * LOGIN: anonymous at once, others against the directory. A name that is not in it yet is not denied before a
 * barrier entry of ours has been applied, so that a registration made anywhere a moment ago is seen.
 */
import {
  anonymous,
  commonPrefix,
  type LogIndex,
  type PublisherId,
  type Resume,
  type SessionToken,
} from '@jwp/protocol'
import type { Parts } from '../parts.js'
import { Barrier } from './barrier.js'
import type { ClientState, Member } from './client-state.js'
import {
  ackLevelOf,
  featuresOf,
  InvalidCommand,
  resumeOf,
  secretOf,
  usernameOf,
  type Fields,
} from './command-shapes.js'
import type { Jobs } from './jobs.js'

export class Login {
  readonly #parts: Parts
  readonly #jobs: Jobs
  readonly #barrier: Barrier

  constructor(parts: Parts, jobs: Jobs) {
    this.#parts = parts
    this.#jobs = jobs
    this.#barrier = new Barrier(parts)
  }

  /** @throws InvalidCommand */
  begin(client: ClientState, fields: Fields): void {
    const username = usernameOf(fields)
    const secret = secretOf(fields)
    // Shapes first: a line that is wrong must not cost a hash.
    featuresOf(fields)
    ackLevelOf(fields)
    resumeOf(fields)
    if (client.session !== undefined && client.member?.username !== username) {
      throw new InvalidCommand('a numbered session belongs to one user: log out first')
    }
    if (this.#parts.streams.isBlocked(client.id))
      throw new InvalidCommand('read the answers before asking again')
    if (username === anonymous) {
      this.admit(client, { username, secret: undefined, verifier: undefined }, fields)
      return
    }
    if (secret === undefined) {
      this.#fail(client, `${username} needs a secret to log in`)
      return
    }
    const { clients, time, options } = this.#parts
    clients.decide(client, {
      deadlineMs: time.nowMs + options.timing.decideWithinMs,
      onDeadline: () =>
        this.#fail(
          client,
          `not decided: the network did not answer within ${options.timing.decideWithinMs} ms, try again`,
        ),
    })
    if (this.#parts.directory.find(username) === undefined) {
      const decision = client.deciding
      this.#barrier.ask({
        isAlive: () => client.deciding === decision,
        passed: () => this.#verify(client, username, secret, fields),
      })
    } else this.#verify(client, username, secret, fields)
  }

  #verify(client: ClientState, username: string, secret: string, fields: Fields): void {
    if (client.deciding === undefined) return
    const user = this.#parts.directory.find(username)
    if (user === undefined) {
      this.#fail(client, `${username} is not registered`)
      return
    }
    this.#jobs.checkSecret(secret, user, (result) => {
      if (client.deciding === undefined) return
      if (result.type === 'secret-checked' && result.ok) {
        this.admit(client, { username, secret, verifier: user.verifier }, fields)
      } else if (result.type === 'job-failed') this.#fail(client, `not decided: ${result.info}, try again`)
      else this.#fail(client, `wrong secret for ${username}`)
    })
  }

  /** The client is who it says. */
  admit(client: ClientState, member: Member, fields: Fields): void {
    const { clients, outbox, streams, log, commitment, serverList } = this.#parts
    const again = client.member !== undefined
    const resume = resumeOf(fields)
    if (!again) client.features = featuresOf(fields)
    const { features } = client
    const numbered = features.has('ack') || features.has('resume')
    if (
      resume !== undefined &&
      numbered &&
      resume.publisher !== this.#publisherOf(resume.session, member.username)
    ) {
      this.#fail(client, 'that session is not yours')
      return
    }
    clients.decided(client)
    client.member = member
    client.registered = undefined
    if (numbered && client.session === undefined) this.#startSession(client, resume, ackLevelOf(fields))
    const lineage = log.lineageUpTo(commitment.applied)
    const at =
      resume === undefined || !features.has('resume')
        ? commitment.applied
        : resume.lineage === undefined
          ? this.#confirmedBy(resume)
          : commonPrefix(resume.lineage, lineage)
    outbox.tell(client.id, {
      command: 'LOGIN_SUCCESS',
      info: `logged in as user ${member.username}`,
      ...(features.size > 0 ? { features: [...features] } : {}),
      ...(client.session === undefined
        ? {}
        : {
            session: client.session.token,
            publisher: client.session.publisher,
            expect: client.session.receivedUpTo + 1,
          }),
      ...(features.has('resume')
        ? { at: again ? (streams.position(client.id) ?? at) : at, lineage: log.lineageUpTo(at) }
        : {}),
      ...(features.has('servers') ? { servers: serverList.current() } : {}),
    })
    if (!again) streams.join(client.id, features.has('resume') ? 'placed' : 'plain', at)
    clients.nextLines(client)
  }

  #startSession(
    client: ClientState,
    resume: Resume | undefined,
    ackLevel: NonNullable<ClientState['session']>['ackLevel'],
  ): void {
    const { sessions, acknowledgements } = this.#parts
    const token = resume?.session ?? client.freshToken
    const publisher = this.#publisherOf(token, client.member!.username)
    const expect = sessions.appliedNumber(publisher) + 1
    client.session = { token, publisher, ackLevel, receivedUpTo: expect - 1, early: new Map(), earlyBytes: 0 }
    // The connection that had the session before is dead, or about to be: its client is here now.
    const before = sessions.bind(publisher, client)
    if (before !== undefined) sessions.hangUp(before)
    acknowledgements.begin(client, expect)
  }

  /** A client that has lost what it knew of the log, but not its session, goes on after what it confirmed to us. */
  #confirmedBy({ publisher }: Resume): LogIndex {
    const { persistence, commitment } = this.#parts
    return Math.min(persistence.cursorOf(publisher) ?? 0, commitment.applied)
  }

  /**
   * The public half of a session. Derived, so that any server can tell whose session it is without a table: only
   * who knows the token and logs in under the same name comes to the same publisher.
   */
  #publisherOf(token: SessionToken, username: string): PublisherId {
    return this.#parts.platform.sha256Hex(`jwp session ${token} ${username}`).slice(0, 32) as PublisherId
  }

  #fail(client: ClientState, info: string): void {
    this.#parts.outbox.tell(client.id, { command: 'LOGIN_FAILED', info })
    this.#parts.sessions.hangUp(client)
    client.deciding = undefined
  }
}
