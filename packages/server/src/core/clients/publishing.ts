/** ACTIVITY_MESSAGE: who says it is checked, `authenticated_user` is set, and from here on the activity is bytes. */
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
import type { Parts } from '../parts.js'
import type { ClientState, Member, NumberedSession } from './client-state.js'
import { activityOf, idOf, InvalidCommand, secretOf, type Fields } from './command-shapes.js'

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
  readonly #parts: Parts
  readonly #slowed = new Set<ClientState>()
  /** The end of each member's lines. */
  readonly #endings = new WeakMap<Member, Uint8Array>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get slowedCount(): number {
    return this.#slowed.size
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
      this.#parts.outbox.tell(client.id, { command: 'AUTHENTICATION_FAIL', info: whyNot(client) })
      this.#parts.sessions.hangUp(client)
      return
    }
    const members = this.#membersOf(client.member, fields, activity)
    if (client.session !== undefined && client.features.has('ack'))
      this.#publishNumbered(client, idOf(fields), members)
    else this.#parts.ownEntries.publish('activity', this.#lineOf(client.member, members))
    this.#slowDown(client)
  }

  forget(client: ClientState): void {
    this.#slowed.delete(client)
  }

  /** End of a turn: publishers may go on when the queue has emptied. */
  flush(): void {
    if (this.#slowed.size === 0) return
    const { queue, clients, persistence } = this.#parts
    if (queue.size > queueLimitEntries / 2 || queue.bytes > queueLimitBytes / 2 || persistence.isBehind)
      return
    if (this.#isHeldUp(heldUpBytes / 2)) return
    const slowed = [...this.#slowed]
    this.#slowed.clear()
    for (const client of slowed) clients.release(client)
  }

  isSlowed(client: ClientState): boolean {
    return this.#slowed.has(client)
  }

  #publishNumbered(client: ClientState, id: number, members: Uint8Array): void {
    const { log, queue, acknowledgements } = this.#parts
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
    let body: Uint8Array | undefined = line
    for (let n = id; body !== undefined; body = session.early.get(++n)) {
      if (session.early.delete(n)) session.earlyBytes -= body.length
      session.receivedUpTo = n
      this.#parts.up.publish({ publisher: session.publisher, n, kind: 'activity', body })
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
    const members = activity ?? membersOf(activityOf(fields), this.#parts.platform)
    const whyNot = whyTooLong(members.length, this.#endingOf(member).length)
    if (whyNot !== undefined) throw new InvalidCommand(whyNot)
    return members
  }

  #endingOf(member: Member): Uint8Array {
    let ending = this.#endings.get(member)
    if (ending === undefined) {
      ending = endingFor(member.username, this.#parts.platform)
      this.#endings.set(member, ending)
    }
    return ending
  }

  /** A client that has just registered may speak at once with the pair that it registered. @throws InvalidCommand */
  #loginByMessage(client: ClientState, pair: Member, fields: Fields, activity: Uint8Array | undefined): void {
    const { capacity, clients, streams, presenceDesk, commitment, outbox, sessions } = this.#parts
    // It may have to wait for a place: what is wrong is said now, and what is right will be published.
    this.#membersOf(pair, fields, activity)
    capacity.ask({
      client,
      replaces: undefined,
      admit: () => {
        clients.decided(client)
        client.member = pair
        client.registered = undefined
        streams.join(client.id, { format: 'plain', after: commitment.applied })
        presenceDesk.arrive(client, pair.username)
        this.#publishAsMember(client, fields, activity)
        clients.nextLines(client)
      },
      // It has said who it is, and it will not say this again elsewhere.
      sendOn: () => {
        client.member = pair
        this.#publishAsMember(client, fields, activity)
      },
      refuse: (info) => {
        outbox.tell(client.id, { command: 'AUTHENTICATION_FAIL', info: `${info}; the message was not sent` })
        sessions.hangUp(client)
      },
    })
  }

  #isSameUser(client: ClientState, fields: Fields): boolean {
    const { username } = fields
    const member = client.member!
    if (username !== undefined && username !== null && username !== member.username) return false
    // As at LOGIN: nobody has a secret as anonymous.
    if (member.username === anonymous) return true
    const secret = secretOf(fields)
    return secret === undefined || equalInConstantTime(secret, member.secret ?? '')
  }

  /** Some server is so slow that everybody keeps far more of the log than the retention asks for. */
  #isHeldUp(slackBytes: number): boolean {
    const { log, options } = this.#parts
    return log.bytes > heldUpFactor * options.limits.retentionBytes + slackBytes
  }

  #slowDown(client: ClientState): void {
    const { queue, clients, persistence } = this.#parts
    if (
      queue.size < queueLimitEntries &&
      queue.bytes < queueLimitBytes &&
      !persistence.isBehind &&
      !this.#isHeldUp(heldUpBytes)
    )
      return
    this.#slowed.add(client)
    clients.hold(client)
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
