/**
 * Clients of a real network that publish steadily, and the account of what each of them got. The account is kept apart
 * from the library's own bookkeeping: by what the activities themselves say.
 */
import { connect, type AckLevel, type Broadcast, type Connection } from '@jwp/client'
import type { ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import type { RealNetwork } from './real-network.js'

/** Milliseconds between two messages of one publisher. */
const everyMs = 10

export interface Member {
  readonly connection: Connection
  readonly letter: string
  readonly received: Broadcast[]
}

export class Audience {
  readonly members: Member[] = []
  /** Texts that were acknowledged. */
  readonly acknowledged = new Set<string>()
  readonly #network: RealNetwork
  readonly #t: ExecutionContext
  readonly #timers: NodeJS.Timeout[] = []
  #open = 0
  readonly failures: string[] = []

  constructor(t: ExecutionContext, network: RealNetwork) {
    this.#t = t
    this.#network = network
    t.teardown(async () => {
      this.#stopPublishing()
      await Promise.all(this.members.map(({ connection }) => connection.close({ now: true })))
    })
  }

  /** One client at each of these servers. */
  async join(...letters: string[]): Promise<void> {
    for (const letter of letters) await this.joinAt(letter)
  }

  async joinAt(letter: string, ackLevel: AckLevel = 'logged'): Promise<Member> {
    const connection = await connect({
      servers: [`localhost:${this.#network.server(letter).port}`],
      ackLevel,
    })
    const member: Member = { connection, letter, received: [] }
    connection.on('broadcast', (broadcast) => member.received.push(broadcast))
    this.members.push(member)
    return member
  }

  /** Each client publishes from now on. Resolves when each has been acknowledged once. */
  async publishSteadily(): Promise<void> {
    for (const [i, { connection }] of this.members.entries()) {
      let n = 0
      this.#timers.push(setInterval(() => this.#publish(connection, `${i}:${++n}`), everyMs))
    }
    await this.untilAcknowledged(this.members.length * 3)
  }

  /** Some more messages are acknowledged: whatever happened before, the network works. */
  async untilAcknowledged(more: number): Promise<void> {
    const goal = this.acknowledged.size + more
    await eventually(`${more} more messages are acknowledged`, () =>
      this.acknowledged.size >= goal ? true : undefined,
    )
  }

  /**
   * Publishing ends, everything settles, and every member must have got every acknowledged message exactly once, all in
   * one order with rising timestamps, each publisher's in the order of sending.
   * @param wereApart servers founded trees of their own meanwhile: one order is not promised then, all else is
   */
  async judge({ wereApart = false } = {}): Promise<void> {
    const t = this.#t
    this.#stopPublishing()
    await eventually('every message settles', () => (this.#open === 0 ? true : undefined))
    t.deepEqual(this.failures, [], 'no message fails')
    await eventually('each client has everything', () =>
      this.members.every((member) => member.received.length >= this.acknowledged.size) ? true : undefined,
    ).catch(() => undefined)
    const [first] = this.members
    const order = textsOf(first!)
    for (const member of this.members) {
      const texts = textsOf(member)
      const lost = [...this.acknowledged].filter((text) => !texts.includes(text))
      t.deepEqual(lost, [], `nothing acknowledged is lost at ${member.letter}`)
      t.is(new Set(texts).size, texts.length, `nothing comes twice at ${member.letter}`)
      for (const [i] of this.members.entries()) {
        const own = texts.filter((text) => text.startsWith(`${i}:`)).map((text) => Number(text.split(':')[1]))
        t.true(isRising(own), `those of publisher ${i} come in the order of sending at ${member.letter}`)
      }
      if (wereApart) continue
      t.deepEqual(texts, order, `one order at ${member.letter}`)
      t.true(
        isRising(member.received.map((broadcast) => broadcast.timestamp)),
        `timestamps rise at ${member.letter}`,
      )
    }
  }

  #publish(connection: Connection, text: string): void {
    this.#open++
    connection.send({ text }).then(
      () => {
        this.#open--
        this.acknowledged.add(text)
      },
      (error: unknown) => {
        this.#open--
        this.failures.push(`${text}: ${String(error)}`)
      },
    )
  }

  #stopPublishing(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
  }
}

export function textsOf(member: Member): string[] {
  return member.received.map(({ activity }) => String(activity['text']))
}

export function isRising(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]!)
}
