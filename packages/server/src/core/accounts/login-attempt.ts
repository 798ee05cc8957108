/**
 * One login, from its line to its answer: a small state machine. Each step may wait for something outside (a hash,
 * room, the log) and continues when that is there, unless the client is gone by then.
 */
import { anonymous, type Feature } from '@jwp/protocol'
import type { CatchingUp } from '../clients/catching-up.js'
import type { ClientState, Member } from '../clients/client-state.js'
import type { Decision, Decisions } from '../clients/decisions.js'
import { queueLimitEntries } from '../clients/publishing.js'
import type { Sessions } from '../clients/sessions.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Capacity } from '../placement/capacity.js'
import type { Backlog } from '../presence/backlog.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { Directory } from '../projections/directory.js'
import type { TurnTime } from '../turn-time.js'
import type { Authentication } from './authentication.js'
import type { LoginGuard } from './login-guard.js'
import { isNumbered, type LoginRequest } from './login-request.js'
import type { NumberedSessions } from './numbered-sessions.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'
import type { Registration } from './registration.js'
import type { DeliveryStart, Welcome } from './welcome.js'

export type LoginState =
  /** The line is read. */
  | 'read'
  /** Is the secret right? */
  | 'proving'
  /** The secret is right. Is there room for the client here? */
  | 'placing'
  /**
   * All servers must know of this user, and this server what the user has received, before the login is confirmed.
   */
  | 'announcing'
  /** The client knows more of the log than this server: it waits until we know as much. */
  | 'catching-up'
  | 'in'
  /** There is a place elsewhere. */
  | 'sent-on'
  | 'refused'

export const loginTransitions: Readonly<Record<LoginState, readonly LoginState[]>> = {
  read: ['proving', 'placing', 'refused'],
  proving: ['placing', 'refused'],
  placing: ['announcing', 'catching-up', 'in', 'sent-on', 'refused'],
  announcing: ['in', 'refused'],
  'catching-up': ['in', 'refused'],
  in: [],
  'sent-on': [],
  refused: [],
}

export interface LoginAttemptNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly loginGuard: Pick<LoginGuard, 'failed' | 'whyNot'>
  readonly authentication: Pick<Authentication, 'check' | 'whyNot'>
  readonly decisions: Pick<Decisions, 'begin' | 'end' | 'of'>
  readonly capacity: Pick<Capacity, 'ask'>
  readonly numbered: Pick<NumberedSessions, 'isOwn' | 'holderOf' | 'takeOver'>
  readonly tracker: Pick<PresenceTracker, 'arrive' | 'leave'>
  readonly catchingUp: Pick<CatchingUp, 'wait'>
  readonly directory: Pick<Directory, 'find'>
  readonly provisional: Pick<ProvisionalAccounts, 'find'>
  readonly registration: Pick<Registration, 'enterAgain'>
  readonly queue: Pick<OutboundQueue, 'size'>
  readonly welcome: Pick<Welcome, 'say' | 'startOf' | 'startOfUser'>
  readonly sessions: Pick<Sessions, 'close'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
}

export class LoginAttempt {
  readonly #needs: LoginAttemptNeeds
  readonly #client: ClientState
  readonly #request: LoginRequest
  /** A client that is logged in already keeps the features that it asked for first. */
  readonly #features: ReadonlySet<Feature>
  #state: LoginState = 'read'

  constructor(needs: LoginAttemptNeeds, client: ClientState, request: LoginRequest) {
    this.#needs = needs
    this.#client = client
    this.#request = request
    this.#features = client.member === undefined ? request.features : client.features
  }

  get state(): LoginState {
    return this.#state
  }

  begin(): void {
    const { username, secret } = this.#request
    if (username === anonymous) return this.#place({ username, secret: undefined, verifier: undefined })
    if (secret === undefined) return this.#refuse(`${username} needs a secret to log in`)
    const { loginGuard, authentication } = this.#needs
    const wait = loginGuard.whyNot(this.#client, username)
    if (wait !== undefined) return this.#refuse(`not decided: ${wait}`)
    const whyNot = authentication.whyNot(username)
    if (whyNot !== undefined) return this.#refuse(whyNot)
    this.#prove(username, secret)
  }

  #prove(username: string, secret: string): void {
    const { loginGuard, authentication, decisions } = this.#needs
    this.#move('proving')
    const decision = this.#decide()
    authentication.check({
      username,
      secret,
      isAlive: () => decisions.of(this.#client) === decision,
      right: (verifier) => this.#place({ username, secret, verifier }),
      wrong: (info, isThere) => {
        loginGuard.failed(this.#client, username, isThere)
        this.#refuse(info)
      },
      undecided: (info) => this.#refuse(`not decided: ${info}, try again`),
    })
  }

  #place(member: Member): void {
    const { capacity, numbered, outbox } = this.#needs
    const { resume } = this.#request
    this.#move('placing')
    capacity.ask({
      client: this.#client,
      replaces:
        resume !== undefined && isNumbered(this.#features)
          ? numbered.holderOf(resume, member.username)
          : undefined,
      admit: () => this.#admit(member),
      // The public protocol redirects after the login. A client with features gets REDIRECT instead: nothing has begun here.
      sendOn: () => {
        this.#move('sent-on')
        if (this.#features.size > 0) return
        const info = `logged in as user ${member.username}`
        outbox.sendToClient(this.#client.id, { command: 'LOGIN_SUCCESS', info })
      },
      refuse: (info) => this.#refuse(`not decided: ${info}`),
    })
  }

  /** There is a place for it. */
  #admit(member: Member): void {
    const { numbered } = this.#needs
    const { resume } = this.#request
    const client = this.#client
    const isKnown = client.member?.username === member.username
    client.features = this.#features
    if (resume !== undefined && isNumbered(this.#features)) {
      if (!numbered.isOwn(resume, member.username)) return this.#refuse('that session is not yours')
      numbered.takeOver(client, resume, this.#request)
    }
    const lineage = this.#features.has('resume') ? resume?.lineage : undefined
    const isNamed = member.username !== anonymous
    // "Connected when it was sent" is exact only so. A client that shows what it has seen need not wait for that.
    if (isNamed && !isKnown && lineage === undefined) this.#announce(member)
    else if (isKnown) this.#enter(member, undefined)
    else this.#catchUp(member, isNamed)
  }

  #announce(member: Member): void {
    const { decisions, tracker, queue } = this.#needs
    const client = this.#client
    if (queue.size >= queueLimitEntries)
      return this.#refuse('not decided: the network is too slow now, try again')
    this.#move('announcing')
    const decision = decisions.of(client)
    tracker.leave(client.id)
    tracker.arrive(client, member.username, {
      whenLogged: (backlog) => {
        if (decisions.of(client) === decision) this.#announced(member, backlog)
      },
    })
  }

  #announced(member: Member, backlog: Backlog): void {
    const { directory, provisional, registration, welcome } = this.#needs
    const { username, verifier } = member
    // A provisional account may have let it in: by now the log may say who owns the name.
    const owner = directory.find(username)
    if (owner !== undefined && owner.verifier !== verifier)
      return this.#refuse(`not decided: ${username} is another account now, try again`)
    // Or it knows nothing of the name, though the registration was there before: the servers that had it died.
    const heard = provisional.find(username)
    if (owner === undefined && heard !== undefined && heard.verifier === verifier)
      registration.enterAgain(heard)
    this.#enter(member, welcome.startOfUser(this.#request, backlog))
  }

  #catchUp(member: Member, isNamed: boolean): void {
    const { catchingUp, tracker, welcome } = this.#needs
    const client = this.#client
    this.#move('catching-up')
    const lineage = this.#features.has('resume') ? this.#request.resume?.lineage : undefined
    catchingUp.wait(
      client,
      lineage,
      () => this.#decide(),
      () => {
        tracker.leave(client.id)
        // It continues where it was, so for its backlog it was never away.
        if (isNamed) tracker.arrive(client, member.username, { again: true })
        this.#enter(member, welcome.startOf(client, this.#request))
      },
    )
  }

  #enter(member: Member, start: DeliveryStart | undefined): void {
    const { decisions, welcome } = this.#needs
    this.#move('in')
    decisions.end(this.#client)
    welcome.say(this.#client, member, this.#request, start)
  }

  /** Until it has ended, the client's further lines wait. */
  #decide(): Decision {
    const { decisions, time, options } = this.#needs
    const { decideWithinMs } = options.timing
    const decision: Decision = {
      deadlineMs: time.nowMs + decideWithinMs,
      onDeadline: () =>
        this.#refuse(`not decided: the network did not answer within ${decideWithinMs} ms, try again`),
    }
    decisions.begin(this.#client, decision)
    return decision
  }

  /** The client is surely not logged in. */
  #refuse(info: string): void {
    const { outbox, sessions } = this.#needs
    this.#move('refused')
    outbox.sendToClient(this.#client.id, { command: 'LOGIN_FAILED', info })
    sessions.close(this.#client)
  }

  #move(to: LoginState): void {
    if (!loginTransitions[this.#state].includes(to))
      throw new Error(`a login that is ${this.#state} cannot become ${to}`)
    this.#state = to
  }
}
