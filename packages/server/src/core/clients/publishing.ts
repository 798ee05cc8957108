/** ACTIVITY_MESSAGE: its sender is checked, `authenticated_user` is set, and from here on the activity is bytes. */
import {
  anonymous,
  endingFor,
  finishLine,
  maxIdWindow,
  readClientLine,
  whyTooLong,
  type Activity,
  type Platform,
} from '@jwp/protocol'
import { equalInConstantTime } from '../equal-in-constant-time.js'
import type { ClientState, Member, NumberedSession } from './client-state.js'
import { activityOf, idOf, InvalidCommand, secretOf, type Fields } from './command-shapes.js'
import type { Outbox } from '../outbox.js'
import type { Sessions } from './sessions.js'
import type { OwnEntries } from '../log/own-entries.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { ReadFlow } from './read-flow.js'
import type { Persistence } from '../storage/persistence.js'
import type { Log } from '../log/log.js'
import type { Acknowledgements } from './acknowledgements.js'
import type { Uplink } from '../log/uplink.js'
import type { StabilityDemand } from '../log/stability-demand.js'
import type { Capacity } from '../placement/capacity.js'
import type { Decisions } from './decisions.js'
import type { FanOut } from './fan-out.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { Commit } from '../log/commit.js'
import type { ServerOptions } from '../options.js'

export interface PublishingNeeds {
  readonly outbox: Pick<Outbox, 'sendToClient'>
  readonly sessions: Pick<Sessions, 'close'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly queue: Pick<OutboundQueue, 'bytes' | 'has' | 'size'>
  readonly readFlow: Pick<ReadFlow, 'countOf' | 'pause' | 'resumeAll'>
  readonly persistence: Pick<Persistence, 'isBehind'>
  readonly log: Pick<Log, 'bytes' | 'has'>
  readonly acknowledgements: Pick<Acknowledgements, 'repeated'>
  readonly uplink: Pick<Uplink, 'publish'>
  readonly platform: Platform
  readonly demand: Pick<StabilityDemand, 'ask'>
  readonly capacity: Pick<Capacity, 'ask'>
  readonly decisions: Pick<Decisions, 'end' | 'nextLines'>
  readonly fanOut: Pick<FanOut, 'join'>
  readonly tracker: Pick<PresenceTracker, 'arrive'>
  readonly commit: Pick<Commit, 'applied'>
  readonly options: Pick<ServerOptions, 'limits'>
}

/** Above this the network is slower than its publishers: we stop reading their sockets until half of it has left. */
export const queueLimitEntries = 16_384
const queueLimitBytes = 33_554_432

/**
 * The log may grow to this many times the retention, and by this many bytes, while some server has not got it yet. Beyond
 * that the publishers are slowed to what that server takes in.
 */
const heldUpFactor = 2
const heldUpBytes = 33_554_432

/** What one session may have behind a gap. */
const maxEarlyBytes = 4_194_304

export class Publishing {
  readonly #needs: PublishingNeeds
  /** The end of each member's lines. */
  readonly #endings = new WeakMap<Member, Uint8Array>()

  constructor(needs: PublishingNeeds) {
    this.#needs = needs
  }

  /** @throws InvalidCommand */
  publish(client: ClientState, fields: Fields, activity: Uint8Array | undefined): void {
    if (client.member === undefined && isRegisteredPair(client, fields))
      return this.#loginByMessage(client, client.registered!, fields, activity)
    this.#publishAsMember(client, fields, activity)
  }

  /** @throws InvalidCommand */
  #publishAsMember(client: ClientState, fields: Fields, activity: Uint8Array | undefined): void {
    if (client.member === undefined || !this.#isSameUser(client, fields)) {
      this.#needs.outbox.sendToClient(client.id, { command: 'AUTHENTICATION_FAIL', info: whyNot(client) })
      this.#needs.sessions.close(client)
      return
    }
    const members = this.#membersOf(client.member, fields, activity)
    if (client.session !== undefined && client.features.has('ack'))
      this.#publishNumbered(client, idOf(fields), members)
    else this.#needs.ownEntries.publish('activity', this.#lineOf(client.member, members))
    this.#slowDown(client)
  }

  /** End of a turn: publishers may go on when the queue has emptied. */
  flush(): void {
    const { queue, readFlow, persistence } = this.#needs
    if (readFlow.countOf('too-fast') === 0) return
    if (queue.size > queueLimitEntries / 2 || queue.bytes > queueLimitBytes / 2 || persistence.isBehind)
      return
    if (this.#isHeldUp(heldUpBytes / 2)) return
    readFlow.resumeAll('too-fast')
  }

  #publishNumbered(client: ClientState, id: number, members: Uint8Array): void {
    const { log, queue, acknowledgements } = this.#needs
    const session = client.session!
    while (
      log.has(session.publisher, session.receivedUpTo + 1) ||
      queue.has(session.publisher, session.receivedUpTo + 1)
    ) {
      session.receivedUpTo++
    }
    if (id > session.receivedUpTo + maxIdWindow) {
      throw new InvalidCommand(
        `id ${id} is more than ${maxIdWindow} ahead: number ${session.receivedUpTo + 1} has not come`,
      )
    }
    if (id <= session.receivedUpTo || session.early.has(id)) acknowledgements.repeated(session.publisher)
    else if (id === session.receivedUpTo + 1)
      this.#publishRun(session, id, this.#lineOf(client.member!, members))
    else this.#keepEarly(session, id, this.#lineOf(client.member!, members))
  }

  /** The next one, and those that waited for it. */
  #publishRun(session: NumberedSession, id: number, line: Uint8Array): void {
    if (session.ackLevel === 'everywhere') this.#needs.demand.ask()
    let body: Uint8Array | undefined = line
    for (let n = id; body !== undefined; body = session.early.get(++n)) {
      if (session.early.delete(n)) session.earlyBytes -= body.length
      session.receivedUpTo = n
      this.#needs.uplink.publish({ publisher: session.publisher, n, kind: 'activity', body })
    }
  }

  /**
   * Behind a gap that may never be filled: it stays here, with the session, and goes with it. In the queue it would be
   * replicated up to the root and stay there for ever.
   */
  #keepEarly(session: NumberedSession, id: number, line: Uint8Array): void {
    if (session.earlyBytes + line.length > maxEarlyBytes) {
      throw new InvalidCommand(`more than ${maxEarlyBytes} bytes wait for number ${session.receivedUpTo + 1}`)
    }
    session.early.set(id, line)
    session.earlyBytes += line.length
  }

  #lineOf(member: Member, members: Uint8Array): Uint8Array {
    return finishLine(members, this.#endingOf(member))
  }

  /** What is between the braces of the activity. @throws InvalidCommand if there is none, or it would be too long */
  #membersOf(member: Member, fields: Fields, activity: Uint8Array | undefined): Uint8Array {
    const members = activity ?? membersOf(activityOf(fields), this.#needs.platform)
    const whyNot = whyTooLong(members.length, this.#endingOf(member).length)
    if (whyNot !== undefined) throw new InvalidCommand(whyNot)
    return members
  }

  #endingOf(member: Member): Uint8Array {
    let ending = this.#endings.get(member)
    if (ending === undefined) {
      ending = endingFor(member.username, this.#needs.platform)
      this.#endings.set(member, ending)
    }
    return ending
  }

  /** A client that has just registered may speak at once with the pair that it registered. @throws InvalidCommand */
  #loginByMessage(client: ClientState, pair: Member, fields: Fields, activity: Uint8Array | undefined): void {
    const { capacity, decisions, fanOut, tracker, commit, outbox, sessions } = this.#needs
    // It may have to wait for a place: what is wrong is said now, and what is right will be published.
    this.#membersOf(pair, fields, activity)
    capacity.ask({
      client,
      replaces: undefined,
      admit: () => {
        decisions.end(client)
        client.member = pair
        client.registered = undefined
        fanOut.join(client.id, { format: 'plain', after: commit.applied })
        tracker.arrive(client, pair.username)
        this.#publishAsMember(client, fields, activity)
        decisions.nextLines(client)
      },
      // A plain client has authenticated this message, and will not send it again elsewhere.
      sendOn: () => {
        client.member = pair
        this.#publishAsMember(client, fields, activity)
      },
      refuse: (info) => {
        outbox.sendToClient(client.id, {
          command: 'AUTHENTICATION_FAIL',
          info: `${info}; the message was not sent`,
        })
        sessions.close(client)
      },
    })
  }

  #isSameUser(client: ClientState, fields: Fields): boolean {
    const { username } = fields
    const member = client.member!
    if (username !== undefined && username !== null && username !== member.username) return false
    // As at LOGIN: anonymous has no secret.
    if (member.username === anonymous) return true
    const secret = secretOf(fields)
    return secret === undefined || equalInConstantTime(secret, member.secret ?? '')
  }

  /** Some server is so slow that all servers keep far more of the log than the retention asks for. */
  #isHeldUp(slackBytes: number): boolean {
    const { log, options } = this.#needs
    return log.bytes > heldUpFactor * options.limits.retentionBytes + slackBytes
  }

  #slowDown(client: ClientState): void {
    const { queue, readFlow, persistence } = this.#needs
    if (
      queue.size < queueLimitEntries &&
      queue.bytes < queueLimitBytes &&
      !persistence.isBehind &&
      !this.#isHeldUp(heldUpBytes)
    )
      return
    readFlow.pause(client, 'too-fast')
  }
}

/** Of an activity that came without its bytes. */
function membersOf(activity: Activity, platform: Platform): Uint8Array {
  const read = readClientLine(platform.encodeUtf8(JSON.stringify({ activity })), platform)
  return read.ok && read.line.activity !== undefined ? read.line.activity : new Uint8Array()
}

function isRegisteredPair({ registered }: ClientState, fields: Fields): boolean {
  return (
    registered !== undefined &&
    fields['username'] === registered.username &&
    fields['secret'] === registered.secret
  )
}

function whyNot(client: ClientState): string {
  if (client.member === undefined) return 'log in before sending activities'
  return `the username and secret do not match the logged in user ${client.member.username}`
}
