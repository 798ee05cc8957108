/** LOGIN_SUCCESS, and where delivery begins. */
import { commonPrefix, isLoopbackHost, clientProtocolVersions, type LogIndex } from '@jwp/protocol'
import type { ClientState, Member } from '../clients/client-state.js'
import type { Decisions } from '../clients/decisions.js'
import type { FanOut } from '../clients/fan-out.js'
import type { ServerList } from '../clients/server-list.js'
import type { Commit } from '../log/commit.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Balance } from '../placement/balance.js'
import { countBacklog, type Backlog } from '../presence/backlog.js'
import { onlineList } from '../presence/online-list.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { Presence } from '../projections/presence.js'
import type { Self } from '../self.js'
import type { Persistence } from '../storage/persistence.js'
import { isNumbered, type LoginRequest } from './login-request.js'
import type { NumberedSessions } from './numbered-sessions.js'

/** Where delivery begins. */
export interface DeliveryStart extends Backlog {
  /** Activities of the backlog before it that are no longer kept. */
  readonly missed?: number
}

export interface WelcomeNeeds {
  readonly self: Pick<Self, 'address'>
  readonly log: Pick<Log, 'activitiesBetween' | 'base' | 'lineageUpTo'>
  readonly commit: Pick<Commit, 'applied'>
  readonly persistence: Pick<Persistence, 'cursorOf'>
  readonly presence: Pick<Presence, 'at' | 'online'>
  readonly tracker: Pick<PresenceTracker, 'begins'>
  readonly fanOut: Pick<FanOut, 'join' | 'position'>
  readonly numbered: Pick<NumberedSessions, 'begin'>
  readonly decisions: Pick<Decisions, 'nextLines'>
  readonly serverList: Pick<ServerList, 'current'>
  readonly balance: Pick<Balance, 'arrived'>
  readonly outbox: Pick<Outbox, 'report' | 'sendToClient'>
}

export class Welcome {
  readonly #needs: WelcomeNeeds
  /** Of clients on other machines, while we are known by a loopback name. */
  #hasWarned = false

  constructor(needs: WelcomeNeeds) {
    this.#needs = needs
  }

  /** For a client without a backlog: it gets what it shows not to have seen. */
  startOf({ features }: ClientState, { resume }: LoginRequest): DeliveryStart {
    const { log, commit } = this.#needs
    const after =
      resume === undefined || !features.has('resume')
        ? commit.applied
        : resume.lineage === undefined
          ? (this.#confirmedBy(resume) ?? 0)
          : commonPrefix(resume.lineage, log.lineageUpTo(commit.applied))
    return { after, skippedRanges: [] }
  }

  /** For a user with a backlog. */
  startOfUser({ resume }: LoginRequest, backlog: Backlog): DeliveryStart {
    const confirmed = this.#confirmedBy(resume)
    return this.#whatIsKept(confirmed === undefined ? backlog : { after: confirmed, skippedRanges: [] })
  }

  /** @param start where delivery begins; undefined: it continues where it is */
  say(client: ClientState, member: Member, request: LoginRequest, start: DeliveryStart | undefined): void {
    const { decisions, outbox, fanOut, log, serverList, presence, tracker, balance, numbered } = this.#needs
    const { features } = client
    const { resume } = request
    client.member = member
    client.registered = undefined
    this.#warnOfLoopback(client)
    if (isNumbered(features) && client.session === undefined) numbered.begin(client, request)
    const at = start?.after ?? fanOut.position(client.id) ?? 0
    const missed = start?.missed ?? 0
    const lost = missed > 0 ? `, missed ${missed} activities that are kept no longer` : ''
    outbox.sendToClient(client.id, {
      command: 'LOGIN_SUCCESS',
      info: `logged in as user ${member.username}${lost}`,
      ...(features.size > 0
        ? { features: [...features], version: request.version ?? clientProtocolVersions[1] }
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
        format: features.has('resume') ? 'positioned' : 'plain',
        presenceAfter: features.has('presence') ? presence.at : undefined,
        after: at,
        skippedRanges: start.skippedRanges,
      })
      // A client that shows what it has seen need not have handled it: it confirms that itself.
      if (!features.has('resume') || resume?.lineage === undefined) tracker.begins(client.id, at)
      balance.arrived(client, { goesOn: client.session !== undefined && resume !== undefined })
    }
    decisions.nextLines(client)
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

  /** The retention may have cut the backlog: a plain client could not be told later without losing its connection. */
  #whatIsKept({ after, skippedRanges }: Backlog): DeliveryStart {
    const { log } = this.#needs
    if (after >= log.base) return { after, skippedRanges }
    const missed = countBacklog({ after, skippedRanges }, log.base, (from, to) =>
      log.activitiesBetween(from, to),
    )
    return { after: log.base, skippedRanges: skippedRanges.filter(([, end]) => end > log.base), missed }
  }

  /** A client that lost what it knew of the log, but not its session, continues after what it confirmed here. */
  #confirmedBy(resume: LoginRequest['resume']): LogIndex | undefined {
    const { persistence, commit } = this.#needs
    const index = resume === undefined ? undefined : persistence.cursorOf(resume.publisher)
    return index === undefined ? undefined : Math.min(index, commit.applied)
  }
}
