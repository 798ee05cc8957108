/** The numbered session of a client that logs in: its owner, its holder before, and its begin here. */
import {
  holderMark,
  isPublisherOf,
  publisherOf,
  sessionIdOf,
  type Platform,
  type Resume,
  type SessionId,
  type SessionToken,
} from '@jwp/protocol'
import type { Acknowledgements } from '../clients/acknowledgements.js'
import type { ClientState } from '../clients/client-state.js'
import type { Sessions } from '../clients/sessions.js'
import type { Takeovers } from '../clients/takeovers.js'
import type { LoginRequest } from './login-request.js'

export interface NumberedSessionsNeeds {
  readonly platform: Pick<Platform, 'sha256Hex'>
  readonly sessions: Pick<Sessions, 'appliedNumber' | 'bind' | 'holderOf'>
  readonly takeovers: Pick<Takeovers, 'end' | 'resumed'>
  readonly acknowledgements: Pick<Acknowledgements, 'begin'>
}

export class NumberedSessions {
  readonly #needs: NumberedSessionsNeeds

  constructor(needs: NumberedSessionsNeeds) {
    this.#needs = needs
  }

  /** The session that the client shows was given to this user. */
  isOwn(resume: Resume, username: string): boolean {
    return isPublisherOf(this.#idOf(resume, username), resume.publisher)
  }

  /** The client here that has this session now. */
  holderOf(resume: Resume, username: string): ClientState | undefined {
    return this.#needs.sessions.holderOf(this.#idOf(resume, username))
  }

  /**
   * The connection that had the session before is dead, or about to be: its client is here now. Its logout comes first
   * in the log, with all that it has not handled; beside a connection that seems alive, the new one would begin with what
   * comes.
   */
  takeOver(client: ClientState, resume: Resume, { username, holder }: LoginRequest): void {
    const before = this.holderOf(resume, username)
    if (before === undefined || before === client) return
    this.#needs.takeovers.end(before, this.#markOf(client, resume.session, holder))
  }

  begin(client: ClientState, request: LoginRequest): void {
    const { sessions, acknowledgements, takeovers, platform } = this.#needs
    const { resume, username, holder, ackLevel } = request
    // Another client may have come while this one waited for the log.
    if (resume !== undefined) this.takeOver(client, resume, request)
    const token = resume?.session ?? client.freshToken
    const id = sessionIdOf(token, username, platform)
    const mark = this.#markOf(client, token, holder)
    // A client that names no holder continues with the numbers that it shows: it can only be the holder before.
    const publisher =
      holder === '' ? (resume?.publisher ?? publisherOf(id, undefined)) : publisherOf(id, mark)
    const expect = sessions.appliedNumber(publisher) + 1
    const stamp = resume === undefined ? 0 : takeovers.resumed(id, mark)
    client.session = {
      ...{ token, id, publisher, ackLevel, mark, stamp },
      toldAt: resume === undefined ? 0 : undefined,
      receivedUpTo: expect - 1,
      early: new Map(),
      earlyBytes: 0,
    }
    sessions.bind(client.session, client)
    acknowledgements.begin(client, expect)
  }

  /**
   * A client that names no holder is a holder of its own: no two are the same, and of two at once one has the higher
   * name.
   */
  #markOf({ freshToken }: ClientState, token: SessionToken, holder: string): string {
    return holderMark(token, holder === '' ? `at ${freshToken}` : holder, this.#needs.platform)
  }

  #idOf({ session }: Resume, username: string): SessionId {
    return sessionIdOf(session, username, this.#needs.platform)
  }
}
