/**
 * A session has one holder in the end, however many it had on the sides of a partition; and what each of them was
 * acknowledged is in the log once, as it was sent: under one number of a session two of them may have sent two
 * messages.
 */
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { entryKey, type ShadowLog } from './log-shadow.js'
import type { Accuse } from './violation.js'

export class Holders implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  readonly #acknowledged = new Map<ClientProcess, number>()

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  clientAcknowledged(client: ClientProcess, n: number): void {
    this.#acknowledged.set(client, Math.max(n, this.#acknowledged.get(client) ?? 0))
  }

  /** All clients of these worlds name a holder. */
  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event === 'messages-replaced')
      this.#accuse('nothing takes the place of a message', `${server.id} lost ${event.count}`)
  }

  /** To be called when the world is whole. */
  judge(log: ShadowLog): void {
    this.#judgeHolders()
    // Reading every body of every world would cost more than all else; elsewhere no two messages have one number.
    if (!this.#world().plan.faults.some(({ kind }) => kind === 'twin')) return
    const keyByText = this.#judgeTexts(log)
    for (const [client, upTo] of this.#acknowledged)
      for (let n = 1; n <= upTo; n++) this.#judgeMessage(client, n, log, keyByText)
  }

  #judgeHolders(): void {
    const holders = new Map<string, string>()
    for (const { session, isLoggedIn, isAlive, options } of this.#world().clients) {
      if (session === undefined || !isLoggedIn || !isAlive) continue
      const other = holders.get(session)
      if (other !== undefined)
        this.#accuse('one session, one holder', `${other} and ${options.name} both have it`)
      holders.set(session, options.name)
    }
  }

  #judgeTexts({ entries }: ShadowLog): Map<string, string> {
    const keyByText = new Map<string, string>()
    for (const { key, isActivity, body } of entries) {
      if (!isActivity) continue
      const text = textOf(body)
      const other = keyByText.get(text)
      if (other !== undefined && other !== key)
        this.#accuse('nothing is logged twice', `"${text}" is ${other} and ${key}`)
      keyByText.set(text, key)
    }
    return keyByText
  }

  /** Whether it is there at all is judged with the acknowledgements; if its number is, it is this. */
  #judgeMessage(
    client: ClientProcess,
    n: number,
    { indexByKey }: ShadowLog,
    keyByText: ReadonlyMap<string, string>,
  ): void {
    if (client.publisher === undefined) return
    const key = entryKey(client.publisher, n)
    const text = `${client.options.name} says ${n}`
    if (indexByKey.has(key) && keyByText.get(text) !== key)
      this.#accuse('what is acknowledged is logged as it was said', `"${text}" is not what ${key} says`)
  }
}

/** Texts are ASCII in every world, and a checker has no platform. */
function textOf(body: Uint8Array): string {
  const { activity } = JSON.parse(String.fromCharCode(...body)) as { activity: { text?: unknown } }
  // Long lines are their number with zeros in front.
  return typeof activity.text === 'string' ? activity.text.replace(/ says 0+/, ' says ') : ''
}
