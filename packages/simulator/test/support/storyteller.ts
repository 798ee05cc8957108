/**
 * Tells what happens in a small world, in words that can be read in a review. Left out unless asked for: polls,
 * checks on their way to the root, the log on its way down, and who holds what.
 */
import type { Address, ClientId, LinkId, PublisherId, ServerCommand, ServerMessage } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '@jwp/simulator/world'
import { describeEvent } from '#dist/world/trace/describe-event.js'
import { describeMessage, shortPublisher } from '#dist/world/trace/describe-message.js'
import type { ClientProcess } from '#dist/world/processes/client-process.js'
import type { Delivery } from '#dist/world/processes/delivery.js'
import type { ForeignServer } from '#dist/world/processes/foreign-server.js'
import type { ServerProcess } from '#dist/world/processes/server-process.js'

export const topics = ['polls', 'checks', 'log', 'held', 'heirs', 'refusals'] as const
export type Topic = (typeof topics)[number]

export class Storyteller implements Observer {
  readonly lines: string[] = []
  readonly #shown: ReadonlySet<Topic>
  readonly #clientOf = new Map<string, string>()
  /** Before the story begins nothing is told. */
  isTelling = false

  constructor(shown: ReadonlySet<Topic>) {
    this.#shown = shown
  }

  say(who: string, what: string): void {
    if (this.isTelling) this.lines.push(`${who.padEnd(12)}  ${what}`.trimEnd())
  }

  serverStarted(server: ServerProcess): void {
    this.say(shortName(server.id), 'starts')
  }

  serverEnded(server: ServerProcess): void {
    this.say(shortName(server.id), server.endInfo)
  }

  serverThrew(server: ServerProcess, error: unknown): void {
    this.say(shortName(server.id), `threw ${String(error)}`)
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event === 'refused' && !this.#shown.has('refusals')) return
    this.say(shortName(server.id), describeEvent(event, shortName))
  }

  serverSends(server: ServerProcess, link: LinkId, message: ServerMessage): void {
    const topic = topicOf(message)
    if (topic === 'never' || (topic !== undefined && !this.#shown.has(topic))) return
    const text = describeMessage(message, shortName)
    if (text !== undefined)
      this.say(`${shortName(server.id)} -> ${server.peerOf(link)}`, this.#withClientNames(text))
  }

  clientLoggedIn(client: ClientProcess): void {
    if (client.publisher !== undefined)
      this.#clientOf.set(shortPublisher(client.publisher), client.options.name)
    this.say(client.options.name, `is logged in at ${client.endpoint?.replace(/:\d+$/, '')}`)
  }

  clientDelivered(client: ClientProcess, { publisher, text }: Delivery): void {
    this.say(client.options.name, `got "${text}" of ${this.nameOfPublisher(publisher)}`)
  }

  clientAcknowledged(client: ClientProcess, n: number): void {
    this.say(client.options.name, `is told that its ${n} is ${client.options.ackLevel}`)
  }

  clientEnded(client: ClientProcess): void {
    if (client.isShared) this.say(client.options.name, 'ends')
  }

  serverTells(server: ServerProcess, _: ClientId, command: ServerCommand): void {
    if (command.command === 'AUTHENTICATION_FAIL')
      this.say(shortName(server.id), `tells a client: ${command.info}`)
  }

  clientComplains(client: ClientProcess, info: string): void {
    this.say(client.options.name, `complains: ${info}`)
  }

  foreignAsked(foreign: ForeignServer, host: string, message: ServerMessage): void {
    if (message.type === 'AUTHENTICATE' && message.dry && !this.#shown.has('polls')) return
    this.say(foreign.host, `of another version, is asked by ${host}: ${message.type}`)
  }

  foreignAnswered(foreign: ForeignServer, door: Address, answers: readonly ServerMessage[]): void {
    const words = answers.map((answer) => ('info' in answer ? answer.info : answer.type))
    this.say(foreign.host, `of another version, receives from ${door.name}: ${words.join()}`)
  }

  nameOfPublisher(publisher: PublisherId): string {
    const short = shortPublisher(publisher)
    return this.#clientOf.get(short) ?? short
  }

  #withClientNames(text: string): string {
    return text.replace(
      /\b[0-9a-f]{6}(?:\.[0-9a-f]{3})?(?=:\d)/g,
      (short) => this.#clientOf.get(short) ?? short,
    )
  }
}

/** Every first run of a server goes by its name alone. */
export function shortName(id: string): string {
  return id.replace(/#1$/, '')
}

/** `undefined`: always told. */
function topicOf(message: ServerMessage): Topic | 'never' | undefined {
  switch (message.type) {
    case 'AUTHENTICATE':
      return message.dry ? 'polls' : undefined
    case 'REFUSE':
      return message.why === 'rooted' || message.why === 'orphan' ? 'polls' : 'refusals'
    case 'CHECK':
    case 'CHECK_RESULT':
      return 'checks'
    case 'LOG':
      return message.runs.length === 0 ? 'never' : 'log'
    case 'ACK':
    case 'HELD':
      return 'held'
    case 'PATH':
      return 'heirs'
    case 'LOGIN_REQUEST':
    case 'LOGIN_ALLOWED':
    case 'LOGIN_DENIED':
    case 'UP':
    case 'LEAVE':
    case 'AUTHENTICATION_SUCCESS':
    case 'AUTHENTICATION_FAIL':
    case 'SNAPSHOT':
    case 'SNAPSHOT_PART':
      return undefined
    default:
      return 'never'
  }
}
