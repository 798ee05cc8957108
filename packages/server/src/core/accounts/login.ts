/** LOGIN: anonymous at once, others when their secret is known to be right. */
import {
  anonymous,
  commonPrefix,
  highestInCommon,
  holderMark,
  isLoopbackHost,
  isPublisherOf,
  noVersionInCommon,
  protocolVersions,
  publisherOf,
  sessionIdOf,
  type LogIndex,
  type Resume,
  type SessionId,
  type SessionToken,
  type Platform,
} from '@jwp/protocol'
import type { ClientState, Member } from '../clients/client-state.js'
import type { Decision, Decisions } from '../clients/decisions.js'
import {
  ackLevelOf,
  featuresOf,
  holderOf,
  InvalidCommand,
  resumeOf,
  secretOf,
  usernameOf,
  versionsOf,
  type Fields,
} from '../clients/command-shapes.js'
import { onlineList } from '../presence/online-list.js'
import { countOwed, type Owed } from '../presence/backlog.js'
import { queueLimitEntries } from '../clients/publishing.js'
import type { FanOut } from '../clients/fan-out.js'
import type { LoginGuard } from './login-guard.js'
import type { Authentication } from './authentication.js'
import type { Capacity } from '../placement/capacity.js'
import type { Sessions } from '../clients/sessions.js'
import type { Outbox } from '../outbox.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { CatchingUp } from '../clients/catching-up.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { Log } from '../log/log.js'
import type { Commit } from '../log/commit.js'
import type { Registration } from './registration.js'
import type { Directory } from '../projections/directory.js'
import type { ProvisionalAccounts } from './provisional-accounts.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { Self } from '../self.js'
import type { ServerList } from '../clients/server-list.js'
import type { Presence } from '../projections/presence.js'
import type { Balance } from '../placement/balance.js'
import type { Takeovers } from '../clients/takeovers.js'
import type { Acknowledgements } from '../clients/acknowledgements.js'
import type { Persistence } from '../storage/persistence.js'

export interface LoginNeeds {
  readonly fanOut: Pick<FanOut, 'isBlocked' | 'join' | 'position'>
  readonly loginGuard: Pick<LoginGuard, 'failed' | 'whyNot'>
  readonly authentication: Pick<Authentication, 'check' | 'whyNot'>
  readonly decisions: Pick<Decisions, 'begin' | 'end' | 'nextLines' | 'of'>
  readonly platform: Pick<Platform, 'sha256Hex'>
  readonly capacity: Pick<Capacity, 'ask'>
  readonly sessions: Pick<Sessions, 'appliedNumber' | 'bind' | 'close' | 'holderOf'>
  readonly outbox: Pick<Outbox, 'report' | 'tell'>
  readonly tracker: Pick<PresenceTracker, 'arrive' | 'begins' | 'leave'>
  readonly catchingUp: Pick<CatchingUp, 'wait'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly log: Pick<Log, 'activitiesBetween' | 'base' | 'lineageUpTo'>
  readonly commit: Pick<Commit, 'applied'>
  readonly registration: Pick<Registration, 'enterAgain'>
  readonly directory: Pick<Directory, 'find'>
  readonly provisional: Pick<ProvisionalAccounts, 'find'>
  readonly queue: Pick<OutboundQueue, 'size'>
  readonly self: Pick<Self, 'address'>
  readonly serverList: Pick<ServerList, 'current'>
  readonly presence: Pick<Presence, 'at' | 'online'>
  readonly balance: Pick<Balance, 'arrived'>
  readonly takeovers: Pick<Takeovers, 'end' | 'resumed'>
  readonly acknowledgements: Pick<Acknowledgements, 'begin'>
  readonly persistence: Pick<Persistence, 'cursorOf'>
}

interface Start extends Owed {
  /** Activities before it that are owed, and kept no longer. */
  readonly missed?: number
}

export class Login {
  readonly #needs: LoginNeeds
  /** Of clients on other machines, while we are known by a loopback name. */
  #hasWarned = false

  constructor(needs: LoginNeeds) {
    this.#needs = needs
  }

  /** @throws InvalidCommand */
  begin(client: ClientState, fields: Fields): void {
    const username = usernameOf(fields)
    // Nobody has a secret as anonymous: whatever stands there is not looked at.
    const secret = username === anonymous ? undefined : secretOf(fields)
    // Shapes first: a line that is wrong must not cost a hash.
    const features = featuresOf(fields)
    ackLevelOf(fields)
    resumeOf(fields)
    holderOf(fields)
    if (features.size > 0 && this.#versionWith(fields) === undefined) {
      return this.#fail(client, noVersionInCommon('this server', protocolVersions, 'you', versionsOf(fields)))
    }
    if (client.session !== undefined && client.member?.username !== username) {
      throw new InvalidCommand('a numbered session belongs to one user: log out first')
    }
    if (this.#needs.fanOut.isBlocked(client.id))
      throw new InvalidCommand('read the answers before asking again')
    if (username === anonymous) {
      this.#seat(client, { username, secret: undefined, verifier: undefined }, fields)
      return
    }
    if (secret === undefined) {
      this.#fail(client, `${username} needs a secret to log in`)
      return
    }
    const wait = this.#needs.loginGuard.whyNot(client, username)
    if (wait !== undefined) return this.#fail(client, `not decided: ${wait}`)
    const whyNot = this.#needs.authentication.whyNot(username)
    if (whyNot !== undefined) {
      this.#fail(client, whyNot)
      return
    }
    const decision = this.#decide(client)
    this.#needs.authentication.check({
      username,
      secret,
      isAlive: () => this.#needs.decisions.of(client) === decision,
      right: (verifier) => this.#seat(client, { username, secret, verifier }, fields),
      wrong: (info, isThere) => {
        this.#needs.loginGuard.failed(client, username, isThere)
        this.#fail(client, info)
      },
      undecided: (info) => this.#fail(client, `not decided: ${info}, try again`),
    })
  }

  /** Who does not say is somebody of its own: no two are the same, and of two at once one has the higher name. */
  #markOf({ freshToken }: ClientState, token: SessionToken, fields: Fields): string {
    const said = holderOf(fields)
    return holderMark(token, said === '' ? `at ${freshToken}` : said, this.#needs.platform)
  }

  /** What is spoken with a client that asks for features. */
  #versionWith(fields: Fields): number | undefined {
    return highestInCommon(protocolVersions, versionsOf(fields))
  }

  /** The client is who it says. Whether there is a place for it is another question. */
  #seat(client: ClientState, member: Member, fields: Fields): void {
    const { capacity, sessions, outbox } = this.#needs
    const resume = resumeOf(fields)
    const features = client.member === undefined ? featuresOf(fields) : client.features
    const isNumbered = features.has('ack') || features.has('resume')
    const session = resume && isNumbered && this.#sessionOf(resume, member)
    capacity.ask({
      client,
      replaces: session ? sessions.holderOf(session) : undefined,
      admit: () => this.#admit(client, member, fields),
      // The public protocol redirects after the login. Who asks for features gets REDIRECT instead: nothing has begun here.
      sendOn: () => {
        if (features.size > 0) return
        outbox.tell(client.id, { command: 'LOGIN_SUCCESS', info: `logged in as user ${member.username}` })
      },
      refuse: (info) => this.#fail(client, `not decided: ${info}`),
    })
  }

  /** There is a place for it. */
  #admit(client: ClientState, member: Member, fields: Fields): void {
    const { tracker } = this.#needs
    const resume = resumeOf(fields)
    const isKnown = client.member?.username === member.username
    if (client.member === undefined) client.features = featuresOf(fields)
    const { features } = client
    const numbered = features.has('ack') || features.has('resume')
    if (
      resume !== undefined &&
      numbered &&
      !isPublisherOf(this.#sessionOf(resume, member), resume.publisher)
    ) {
      this.#fail(client, 'that session is not yours')
      return
    }
    const lineage = features.has('resume') ? resume?.lineage : undefined
    const isNamed = member.username !== anonymous
    if (resume !== undefined && numbered) this.#takeOver(client, resume, member, fields)
    // Everybody must know of him, and we of what he has had, before he is told that he is in: then "connected when it was
    // sent" is exact. Who shows what he has seen need not wait for that.
    if (isNamed && !isKnown && lineage === undefined) return this.#arrive(client, member, fields)
    if (isKnown) return this.#enter(client, member, fields, undefined)
    this.#needs.catchingUp.wait(
      client,
      lineage,
      () => this.#decide(client),
      () => {
        tracker.leave(client.id)
        // It goes on where it was, so for what it is owed it was never away.
        if (isNamed) tracker.arrive(client, member.username, { again: true })
        this.#enter(client, member, fields, { after: this.#placeOf(client, resume), holes: [] })
      },
    )
  }

  #enter(client: ClientState, member: Member, fields: Fields, start: Start | undefined): void {
    this.#needs.decisions.end(client)
    this.#welcome(client, member, fields, start)
  }

  /** Until it has ended, the client's further lines wait. */
  #decide(client: ClientState): Decision {
    const { decisions, time, options } = this.#needs
    const { decideWithinMs } = options.timing
    const decision: Decision = {
      deadlineMs: time.nowMs + decideWithinMs,
      onDeadline: () =>
        this.#fail(client, `not decided: the network did not answer within ${decideWithinMs} ms, try again`),
    }
    decisions.begin(client, decision)
    return decision
  }

  /** Where delivery begins for who is owed nothing but what he shows not to have seen. */
  #placeOf({ features }: ClientState, resume: Resume | undefined): LogIndex {
    const { log, commit } = this.#needs
    if (resume === undefined || !features.has('resume')) return commit.applied
    if (resume.lineage === undefined) return this.#confirmedBy(resume) ?? 0
    return commonPrefix(resume.lineage, log.lineageUpTo(commit.applied))
  }

  #arrive(client: ClientState, member: Member, fields: Fields): void {
    const { decisions, registration, directory, provisional, tracker, queue } = this.#needs
    if (queue.size >= queueLimitEntries) {
      this.#fail(client, 'not decided: the network is too slow now, try again')
      return
    }
    const decision = decisions.of(client)
    tracker.leave(client.id)
    tracker.arrive(client, member.username, {
      whenLogged: (owed) => {
        if (decisions.of(client) !== decision) return
        // Whoever vouched for it: by now the log may have told us whose name it is.
        const owner = directory.find(member.username)
        if (owner !== undefined && owner.verifier !== member.verifier)
          return this.#fail(client, `not decided: ${member.username} is another account now, try again`)
        // Or it knows nothing of the name, though the registration was there before: those died who had it.
        const heard = provisional.find(member.username)
        if (owner === undefined && heard !== undefined && heard.verifier === member.verifier)
          registration.enterAgain(heard)
        decisions.end(client)
        const confirmed = this.#confirmedBy(resumeOf(fields))
        const start = confirmed === undefined ? owed : { after: confirmed, holes: [] }
        this.#welcome(client, member, fields, this.#whatIsKept(start))
      },
    })
  }

  /** It finds us, but other servers of this machine are known by a name that means its own machine there. Said once. */
  #warnOfLoopback({ reachedAt }: ClientState): void {
    const { self, outbox } = this.#needs
    if (reachedAt === undefined || this.#hasWarned || !isLoopbackHost(self.address.host)) return
    this.#hasWarned = true
    outbox.report({
      event: 'warning',
      info: `a client from another machine is here, but others are told that this server is at ${self.address.host}: clients from elsewhere are sent to ${reachedAt}, by which this one came; say with -lh (or --advertise) where it is reached`,
    })
  }

  /** @param start where delivery begins; undefined: it goes on where it is */
  #welcome(client: ClientState, member: Member, fields: Fields, start: Start | undefined): void {
    const { decisions, outbox, fanOut, log, serverList, presence, tracker, balance } = this.#needs
    const { features } = client
    client.member = member
    client.registered = undefined
    this.#warnOfLoopback(client)
    if ((features.has('ack') || features.has('resume')) && client.session === undefined)
      this.#startSession(client, fields)
    const at = start?.after ?? fanOut.position(client.id) ?? 0
    const missed = start?.missed ?? 0
    const lost = missed > 0 ? `, missed ${missed} activities that are kept no longer` : ''
    outbox.tell(client.id, {
      command: 'LOGIN_SUCCESS',
      info: `logged in as user ${member.username}${lost}`,
      ...(features.size > 0
        ? { features: [...features], version: this.#versionWith(fields) ?? protocolVersions[1] }
        : {}),
      ...(client.session === undefined
        ? {}
        : {
            session: client.session.token,
            publisher: client.session.publisher,
            expect: client.session.receivedUpTo + 1,
          }),
      ...(features.has('resume') ? { at, lineage: log.lineageUpTo(at) } : {}),
      ...(features.has('servers') ? { servers: serverList.current(client) } : {}),
      ...(features.has('presence') ? onlineList(presence) : {}),
      ...(missed > 0 ? { missed } : {}),
    })
    if (start !== undefined) {
      fanOut.join(client.id, {
        format: features.has('resume') ? 'placed' : 'plain',
        presenceAfter: features.has('presence') ? presence.at : undefined,
        after: at,
        holes: start.holes,
      })
      // Who shows what it has seen need not have handled it: it says so itself.
      if (!features.has('resume') || resumeOf(fields)?.lineage === undefined) tracker.begins(client.id, at)
      balance.arrived(client, { goesOn: client.session !== undefined && resumeOf(fields) !== undefined })
    }
    decisions.nextLines(client)
  }

  /** The retention may have cut what he is owed: a plain client could not be told later without losing its connection. */
  #whatIsKept({ after, holes }: Owed): Start {
    const { log } = this.#needs
    if (after >= log.base) return { after, holes }
    const missed = countOwed({ after, holes }, log.base, (from, to) => log.activitiesBetween(from, to))
    return { after: log.base, holes: holes.filter(([, end]) => end > log.base), missed }
  }

  /**
   * The connection that had the session before is dead, or about to be: its client is here now. Its logout comes first in
   * the log, with all that it has not handled; beside a connection that seems alive, the new one would begin with what comes.
   */
  #takeOver(client: ClientState, resume: Resume, member: Member, fields: Fields): void {
    const { sessions, takeovers } = this.#needs
    const before = sessions.holderOf(this.#sessionOf(resume, member))
    if (before === undefined || before === client) return
    takeovers.end(before, this.#markOf(client, resume.session, fields))
  }

  #startSession(client: ClientState, fields: Fields): void {
    const { sessions, acknowledgements, takeovers, platform } = this.#needs
    const resume = resumeOf(fields)
    // Somebody else may have come while this one waited for the log.
    if (resume !== undefined) this.#takeOver(client, resume, client.member!, fields)
    const token = resume?.session ?? client.freshToken
    const id = sessionIdOf(token, client.member!.username, platform)
    const mark = this.#markOf(client, token, fields)
    // Who says nothing of itself goes on with the numbers that it shows: it can only be taken for who had them before.
    const isNameless = holderOf(fields) === ''
    const publisher = isNameless ? (resume?.publisher ?? publisherOf(id, undefined)) : publisherOf(id, mark)
    const expect = sessions.appliedNumber(publisher) + 1
    const stamp = resume === undefined ? 0 : takeovers.resumed(id, mark)
    client.session = {
      ...{ token, id, publisher, ackLevel: ackLevelOf(fields), mark, stamp },
      toldAt: resume === undefined ? 0 : undefined,
      receivedUpTo: expect - 1,
      early: new Map(),
      earlyBytes: 0,
    }
    sessions.bind(client.session, client)
    acknowledgements.begin(client, expect)
  }

  /** A client that has lost what it knew of the log, but not its session, goes on after what it confirmed to us. */
  #confirmedBy(resume: Resume | undefined): LogIndex | undefined {
    const { persistence, commit } = this.#needs
    const index = resume === undefined ? undefined : persistence.cursorOf(resume.publisher)
    return index === undefined ? undefined : Math.min(index, commit.applied)
  }

  #sessionOf({ session }: Resume, { username }: Member): SessionId {
    return sessionIdOf(session, username, this.#needs.platform)
  }

  #fail(client: ClientState, info: string): void {
    this.#needs.outbox.tell(client.id, { command: 'LOGIN_FAILED', info })
    this.#needs.sessions.close(client)
  }
}
