/**
 * Everything that can be seen of a world from outside its cores. Checkers and transcripts are observers; what they
 * conclude never flows back into the run.
 */
import type {
  Address,
  ClientId,
  LinePosition,
  LinkId,
  LogIndex,
  ServerCommand,
  ServerMessage,
  Timestamp,
} from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { ClientProcess } from './processes/client-process.js'
import type { AccountHolder } from './processes/account-holder.js'
import type { PlainClient } from './processes/plain-client.js'
import type { Delivery } from './processes/delivery.js'
import type { Visit } from './processes/visitor-client.js'
import type { ForeignServer } from './processes/foreign-server.js'
import type { ServerProcess } from './processes/server-process.js'

export interface Observer {
  serverStarted?(server: ServerProcess): void
  serverTurnBegins?(server: ServerProcess): void
  serverTurnEnded?(server: ServerProcess): void
  serverSends?(server: ServerProcess, link: LinkId, message: ServerMessage): void
  serverTells?(server: ServerProcess, client: ClientId, command: ServerCommand): void
  /** Writes lines of activities, or of presence, into the socket of this client. */
  serverDelivers?(server: ServerProcess, client: ClientId, lines: readonly Uint8Array[]): void
  serverReports?(server: ServerProcess, event: ServerEvent): void
  /** It crashed, left or stopped; `server.endInfo` tells how. */
  serverEnded?(server: ServerProcess): void
  serverThrew?(server: ServerProcess, error: unknown): void
  clockStarted?(): void
  clockCrashed?(): void
  clockGranted?(start: Timestamp, count: number): void
  clientStarted?(client: ClientProcess): void
  clientEnded?(client: ClientProcess): void
  /** It has a session at a server, for the first time or again. */
  clientLoggedIn?(client: ClientProcess): void
  clientPublished?(client: ClientProcess, n: number): void
  clientDelivered?(client: ClientProcess, delivery: Delivery): void
  clientAcknowledged?(client: ClientProcess, n: number): void
  /** It was told that these positions of the log are kept no longer. */
  clientMissed?(client: ClientProcess, from: LogIndex, to: LogIndex): void
  /** It has got a line that it cannot take, of the activity at this place; it may have got it before. */
  clientCannotTake?(client: ClientProcess, place: LinePosition): void
  /** It has told its program that it missed that one. */
  clientPassedOver?(client: ClientProcess, index: LogIndex, missed: number): void
  /** A plain client has got this text. */
  plainDelivered?(client: PlainClient, text: string): void
  accountOwned?(client: AccountHolder): void
  accountLost?(client: AccountHolder, info: string): void
  /** A visitor has sent its LOGIN; it has got this answer. */
  visitBegins?(visit: Visit): void
  visitAnswered?(visit: Visit, answer: ServerCommand): void
  clientComplains?(client: ClientProcess, info: string): void
  /**
   * One of another version was asked by the server at that host; it has got these answers at that address, until its
   * link was closed.
   */
  foreignAsked?(foreign: ForeignServer, host: string, message: ServerMessage): void
  foreignAnswered?(foreign: ForeignServer, door: Address, answers: readonly ServerMessage[]): void
  /** A fault of the schedule strikes, in words. */
  faultStruck?(text: string): void
}

type HookName = keyof Observer

/** Calls every observer that handles the event. */
export class Observers {
  readonly #all: Observer[] = []
  readonly #wanted = new Map<HookName, Observer[]>()

  add(observer: Observer): void {
    this.#all.push(observer)
    this.#wanted.clear()
  }

  serverStarted = (server: ServerProcess): void =>
    this.#each('serverStarted', (o) => o.serverStarted!(server))
  serverTurnBegins = (server: ServerProcess): void =>
    this.#each('serverTurnBegins', (o) => o.serverTurnBegins!(server))
  serverTurnEnded = (server: ServerProcess): void =>
    this.#each('serverTurnEnded', (o) => o.serverTurnEnded!(server))
  serverSends = (server: ServerProcess, link: LinkId, message: ServerMessage): void =>
    this.#each('serverSends', (o) => o.serverSends!(server, link, message))
  serverTells = (server: ServerProcess, client: ClientId, command: ServerCommand): void =>
    this.#each('serverTells', (o) => o.serverTells!(server, client, command))
  serverDelivers = (server: ServerProcess, client: ClientId, lines: readonly Uint8Array[]): void =>
    this.#each('serverDelivers', (o) => o.serverDelivers!(server, client, lines))
  serverReports = (server: ServerProcess, event: ServerEvent): void =>
    this.#each('serverReports', (o) => o.serverReports!(server, event))
  serverEnded = (server: ServerProcess): void => this.#each('serverEnded', (o) => o.serverEnded!(server))
  serverThrew = (server: ServerProcess, error: unknown): void =>
    this.#each('serverThrew', (o) => o.serverThrew!(server, error))
  clockStarted = (): void => this.#each('clockStarted', (o) => o.clockStarted!())
  clockCrashed = (): void => this.#each('clockCrashed', (o) => o.clockCrashed!())
  clockGranted = (start: Timestamp, count: number): void =>
    this.#each('clockGranted', (o) => o.clockGranted!(start, count))
  clientStarted = (client: ClientProcess): void =>
    this.#each('clientStarted', (o) => o.clientStarted!(client))
  clientEnded = (client: ClientProcess): void => this.#each('clientEnded', (o) => o.clientEnded!(client))
  clientLoggedIn = (client: ClientProcess): void =>
    this.#each('clientLoggedIn', (o) => o.clientLoggedIn!(client))
  clientPublished = (client: ClientProcess, n: number): void =>
    this.#each('clientPublished', (o) => o.clientPublished!(client, n))
  clientDelivered = (client: ClientProcess, delivery: Delivery): void =>
    this.#each('clientDelivered', (o) => o.clientDelivered!(client, delivery))
  clientAcknowledged = (client: ClientProcess, n: number): void =>
    this.#each('clientAcknowledged', (o) => o.clientAcknowledged!(client, n))
  clientMissed = (client: ClientProcess, from: LogIndex, to: LogIndex): void =>
    this.#each('clientMissed', (o) => o.clientMissed!(client, from, to))
  clientCannotTake = (client: ClientProcess, place: LinePosition): void =>
    this.#each('clientCannotTake', (o) => o.clientCannotTake!(client, place))
  clientPassedOver = (client: ClientProcess, index: LogIndex, missed: number): void =>
    this.#each('clientPassedOver', (o) => o.clientPassedOver!(client, index, missed))
  plainDelivered = (client: PlainClient, text: string): void =>
    this.#each('plainDelivered', (o) => o.plainDelivered!(client, text))
  accountOwned = (client: AccountHolder): void => this.#each('accountOwned', (o) => o.accountOwned!(client))
  accountLost = (client: AccountHolder, info: string): void =>
    this.#each('accountLost', (o) => o.accountLost!(client, info))
  visitBegins = (visit: Visit): void => this.#each('visitBegins', (o) => o.visitBegins!(visit))
  visitAnswered = (visit: Visit, answer: ServerCommand): void =>
    this.#each('visitAnswered', (o) => o.visitAnswered!(visit, answer))
  clientComplains = (client: ClientProcess, info: string): void =>
    this.#each('clientComplains', (o) => o.clientComplains!(client, info))
  foreignAsked = (foreign: ForeignServer, host: string, message: ServerMessage): void =>
    this.#each('foreignAsked', (o) => o.foreignAsked!(foreign, host, message))
  foreignAnswered = (foreign: ForeignServer, door: Address, answers: readonly ServerMessage[]): void =>
    this.#each('foreignAnswered', (o) => o.foreignAnswered!(foreign, door, answers))
  faultStruck = (text: string): void => this.#each('faultStruck', (o) => o.faultStruck!(text))

  #each(hook: HookName, call: (observer: Observer) => void): void {
    let wanted = this.#wanted.get(hook)
    if (wanted === undefined)
      this.#wanted.set(hook, (wanted = this.#all.filter((o) => o[hook] !== undefined)))
    for (const observer of wanted) call(observer)
  }
}
