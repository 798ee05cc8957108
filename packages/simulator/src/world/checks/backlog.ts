/**
 * What users who come and go have received, judged by the final log: with `missed` everything that was sent while
 * they were connected, as the log says when that was, and nothing else of what was sent before they came; with `all`
 * what was sent in between, too. Of what a client has confirmed nothing comes again.
 *
 * A client that confirms has what it has read. So has a plain one, if the network holds nothing up: what it had not
 * read when it was killed was written less than a second before, and is in its backlog again. Else, and when it logs
 * out, it has what was written to its socket.
 */
import type { ClientId, ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import { LibraryClient } from '../processes/library-client.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { User } from '../processes/user.js'
import type { World } from '../world.js'
import { VisitClient } from '../processes/visit-client.js'
import { isVisit } from './is-visit.js'
import { positionsByKey, type LogShadow, type ShadowLog } from './log-shadow.js'
import { PresenceModel, type ModelUser } from './presence-model.js'
import type { Accuse } from './violation.js'

/** One login of one visit. */
interface Sitting {
  readonly server: ServerProcess
  readonly visit: string
  readonly beganMs: number
  /** By the library, which knew where it was, so that what the log tells of this user does not count. */
  readonly isResumed: boolean
  /** What the server had applied at the login: all before was a backlog. */
  readonly appliedUpTo: number
  /** Keys, or texts for clients that get no positions, in the order in which they were written. */
  readonly written: string[]
}

export class Backlog implements Observer {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #isFoundedApart: () => boolean
  readonly #isOneHistory: () => boolean
  readonly #accuse: Accuse
  readonly #open = new Map<ServerProcess, Map<ClientId, Sitting>>()
  readonly #sittings: Sitting[] = []
  /** Visits that were told of a loss in the turn that is not over: the book-keeping of logs is brought up to date after it. */
  #told: string[] = []
  /** By visit: keys that it was told are kept no longer. */
  readonly #excused = new Map<string, Set<string>>()
  /** What was in the backlog, and was judged. */
  judged = 0
  /** What was outside the backlog, and was judged. */
  outsideBacklog = 0
  /** Confirmed deliveries whose return would have shown. */
  once = 0

  /**
   * To be called after the shadow in the list of observers.
   * @param isFoundedApart trees had histories of their own: the other tree has let the user in by what it knew of that
   * user. Of publishers of which it has sent higher numbers, the client drops lower ones, as docs/protocol.md says
   * @param isOneHistory nothing that was applied anywhere was ever cut, or lost
   */
  constructor(
    world: () => World,
    shadow: LogShadow,
    history: { readonly isFoundedApart: () => boolean; readonly isOneHistory: () => boolean },
    accuse: Accuse,
  ) {
    this.#world = world
    this.#shadow = shadow
    this.#isFoundedApart = history.isFoundedApart
    this.#isOneHistory = history.isOneHistory
    this.#accuse = accuse
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    const visit = server.peerOfClient(client)
    if (!isVisit(visit)) return
    if (command.command === 'LOGIN_SUCCESS') this.#began(server, client, visit)
    const isLoss =
      (command.command === 'LOGIN_SUCCESS' && command.info.includes(', missed ')) ||
      (command.command === 'GAP' && command.missed > 0) ||
      (command.command === 'INVALID_MESSAGE' && command.info.startsWith('missed '))
    if (isLoss) this.#told.push(visit)
  }

  serverTurnEnded(server: ServerProcess): void {
    for (const visit of this.#told) this.#excuse(server, visit)
    this.#told = []
  }

  serverDelivers(server: ServerProcess, client: ClientId, lines: readonly Uint8Array[]): void {
    const sitting = this.#open.get(server)?.get(client)
    if (sitting === undefined) return
    const text = lines.map((line) => String.fromCharCode(...line)).join('')
    for (const line of text.split('\n')) {
      if (line === '') continue
      const said = JSON.parse(line) as Extract<ServerCommand, { command: 'ACTIVITY_BROADCAST' }>
      if (said.command !== 'ACTIVITY_BROADCAST') continue
      const { publisher, n, activity } = said
      sitting.written.push(publisher === undefined ? textOf(activity) : `${publisher}:${n}`)
    }
  }

  /** To be called when the world is whole. */
  judge(log: ShadowLog): void {
    const { users, plan } = this.#world()
    if (users.length === 0) return
    const policy = plan.limits?.offline ?? 'missed'
    const model = new PresenceModel(log, log.entries.length)
    const places = positionsByKey(log)
    const byText = new Map<string, string>()
    for (const { isActivity, key, body } of log.entries)
      if (isActivity) byText.set(textOf(activityOf(body)), key)
    for (const user of users) {
      const row = model.users.get(user.account.username)
      if (row === undefined || !user.visits.some((visit) => visit.isAlive)) continue
      // What was truncated comes again in another order: a message of before the login may then lie after it, and was
      // outside the backlog.
      if (this.#isOneHistory()) {
        if (policy !== 'none' && !this.#isFoundedApart()) this.#judgeBacklog(user, row, log, byText, policy)
        if (policy !== 'all') this.#judgeOutsideBacklog(user, model, places, byText, policy)
        if (this.#isConnected()) this.#judgeOnce(user)
      }
    }
  }

  /** What is said is heard at once, more or less: else a confirmation may come after the next login, elsewhere. */
  #isConnected(): boolean {
    const harmless = /^(crash|restart|leave|clock-.*|client-crash|jump|calendar)$/
    return this.#world().plan.faults.every(({ kind }) => harmless.test(kind))
  }

  #began(server: ServerProcess, client: ClientId, visit: string): void {
    const { applied } = server.core.inspect()
    const beganMs = this.#world().queue.nowMs
    const isResumed = this.#hasSession(visit)
    const sitting: Sitting = { server, visit, beganMs, isResumed, appliedUpTo: applied, written: [] }
    const open = this.#open.get(server) ?? new Map<ClientId, Sitting>()
    this.#open.set(server, open.set(client, sitting))
    this.#sittings.push(sitting)
  }

  /** Of what the server keeps no longer we believe it that this user has missed it. */
  #excuse(server: ServerProcess, visit: string): void {
    const name = userOf(visit)
    const excused = this.#excused.get(name) ?? new Set<string>()
    this.#excused.set(name, excused)
    const { first } = server.core.status().log
    for (const { key } of this.#shadow.of(server).entries.slice(0, first - 1)) excused.add(key)
  }

  #judgeBacklog(
    user: User,
    { windows }: ModelUser,
    log: ShadowLog,
    byText: ReadonlyMap<string, string>,
    policy: string,
  ): void {
    const name = user.account.username
    const has = new Set<string>()
    for (const visit of user.visits) for (const { key } of visit.had) has.add(key)
    // Where nothing holds up what is written, it is read within a second, or is in the backlog again.
    const isReadInTime = this.#isConnected()
    if (isReadInTime)
      for (const visit of user.visits)
        if (visit instanceof VisitClient) for (const text of visit.read) has.add(byText.get(text) ?? text)
    for (const { visit, written } of this.#sittings)
      if (
        userOf(visit) === name &&
        !this.#isCareful(user, visit) &&
        !(isReadInTime && hasNotLoggedOut(user, visit))
      )
        for (const text of written) has.add(byText.get(text) ?? text)
    const due = policy === 'all' ? [{ after: windows[0]!.after, upTo: Infinity }] : windows
    for (const { after, upTo } of due)
      for (let index = after + 1; index <= Math.min(upTo, log.entries.length); index++) {
        const { key, isActivity } = log.entries[index - 1]!
        if (!isActivity || this.#excused.get(name)?.has(key) === true) continue
        // Sent again by a publisher that was forgotten: a client that has received more of it drops it.
        if (log.indexByKey.get(key) !== index) continue
        this.judged++
        if (has.has(key)) continue
        this.#accuse(
          'who was connected gets it',
          `${name}, there from ${after} to ${upTo}, lacks ${key} at ${index}`,
        )
        return
      }
  }

  #judgeOutsideBacklog(
    user: User,
    { users, logins }: PresenceModel,
    places: ReadonlyMap<string, readonly number[]>,
    byText: ReadonlyMap<string, string>,
    policy: string,
  ): void {
    const name = user.account.username
    const { windows } = users.get(name)!
    for (const { server, visit, isResumed, written, appliedUpTo } of this.#sittings) {
      if (userOf(visit) !== name || isResumed) continue
      const cameAt = logins.findLast(
        (login) => login.name === name && login.home === server.id && login.index <= appliedUpTo,
      )?.index
      if (cameAt === undefined) continue
      // With `none` the times that were over at the login count for nothing.
      const counting = windows.filter(({ upTo }) => policy === 'missed' || upTo > cameAt)
      for (const said of written) {
        const at = places.get(byText.get(said) ?? said) ?? []
        if (at.length === 0 || at.at(-1)! > cameAt) continue
        this.outsideBacklog++
        if (at.some((index) => counting.some(({ after, upTo }) => index > after && index <= upTo))) continue
        this.#accuse(
          'who was away does not get it',
          `${visit} got ${said} at ${at.join(', ')}, there ${JSON.stringify(windows)}`,
        )
        return
      }
    }
  }

  /** A confirmation that was sent long enough before the end was heard by a server, and is in the log unless that dies. */
  #judgeOnce(user: User): void {
    for (const visit of user.visits) {
      const sitting = this.#sittings.filter((other) => other.visit === visit.host)
      if (!visit.isCareful || sitting.length !== 1 || visit.endedAtMs === undefined) continue
      const [{ server, beganMs }] = sitting as [Sitting]
      if (server.endedAtMs !== undefined && server.endedAtMs < visit.endedAtMs + heardWithinMs) continue
      // It may have been sent on before.
      const endedMs = Math.min(visit.endedAtMs, visit.lostAtMs ?? Infinity)
      const confirmed = visit.confirmed.findLast(({ atMs }) => atMs + heardWithinMs < endedMs)?.index ?? 0
      const had = new Set(visit.had.filter(({ index }) => index <= confirmed).map(({ key }) => key))
      this.once += had.size
      const [again] = this.#sittings
        .filter((other) => userOf(other.visit) === user.account.username && !other.isResumed)
        .filter((other) => other.beganMs > endedMs + heardWithinMs && other.beganMs > beganMs)
        .filter((other) => !this.#anyEnded(endedMs - loggedWithinMs, other.beganMs))
        .flatMap((other) =>
          other.written.filter((key) => had.has(key)).map((key) => `${key} to ${other.visit}`),
        )
      if (again === undefined) continue
      this.#accuse(
        'nothing confirmed comes again',
        `${visit.host} had confirmed ${confirmed}; came again: ${again}`,
      )
      return
    }
  }

  /**
   * While a tree heals, the logout may still be on its way at the next login: then the user seems to have been there
   * all along.
   */
  #anyEnded(fromMs: number, toMs: number): boolean {
    return this.#world().servers.some(({ endedAtMs = Infinity }) => endedAtMs >= fromMs && endedAtMs <= toMs)
  }

  /** A client that was given one shows it at each login. */
  #hasSession(host: string): boolean {
    const client = this.#world().clients.find((other) => other.host === host)
    return client instanceof LibraryClient && client.publisher !== undefined
  }

  #isCareful(user: User, host: string): boolean {
    return user.visits.some((visit) => visit.host === host && visit.isCareful)
  }
}

/** What was sent is received within this, in a network without partitions, and the end of a connection noticed. */
const heardWithinMs = 250
/** What a server has received has its log position within this, unless a server dies. */
const loggedWithinMs = 1_000

/** Who does has all that was written before that. */
function hasNotLoggedOut(user: User, host: string): boolean {
  return user.visits.some(
    (visit) => visit.host === host && visit instanceof VisitClient && !visit.hasLoggedOut,
  )
}

const userOf = (visit: string): string => visit.slice(0, visit.indexOf('.'))

function activityOf(body: Uint8Array): unknown {
  const line = JSON.parse(String.fromCharCode(...body)) as { readonly activity: unknown }
  return line.activity
}

function textOf(activity: unknown): string {
  const { text } = activity as { readonly text?: unknown }
  return typeof text === 'string' ? text : ''
}
