/**
 * A reader that meets a line it cannot take passes it once, and says that it missed one: it does not come back to the
 * same place again and again, for any server would give it the same line. That all others get it is judged with all
 * other deliveries.
 */
import type { LinePosition, LogIndex } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import { entryKey } from './log-shadow.js'
import type { Accuse } from './violation.js'

/** It may get the same place again after a reconnection in the middle of it, or when it had no room: now and then. */
const oftenAtOnePosition = 5

interface Told {
  /** Lines that it could not take, and how often it has said that it missed them. */
  readonly missed: Map<string, number>
  readonly places: Map<string, number>
  last: string
}

export class Untakeable implements Observer {
  readonly #told = new Map<ClientProcess, Told>()
  readonly #accuse: Accuse
  /** Lines that were passed. */
  count = 0

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  clientCannotTake(client: ClientProcess, { publisher, n, epoch, index }: LinePosition): void {
    const told = this.#of(client)
    told.last = entryKey(publisher, n)
    if (!told.missed.has(told.last)) told.missed.set(told.last, 0)
    const place = `${epoch}:${index}`
    const times = (told.places.get(place) ?? 0) + 1
    told.places.set(place, times)
    if (times === oftenAtOnePosition + 1)
      this.#accuse(
        'a line that cannot be taken is passed once',
        `${client.host} came to ${place} ${times} times`,
      )
  }

  clientPassedOver(client: ClientProcess, index: LogIndex, missed: number): void {
    this.count++
    const told = this.#of(client)
    const times = (told.missed.get(told.last) ?? 0) + 1
    told.missed.set(told.last, times)
    if (missed !== 1 || times > 1)
      this.#accuse(
        'a line that cannot be taken is passed once',
        `${client.host} missed ${missed} at ${index}, ${told.last}, for the ${times}. time`,
      )
  }

  /** To be called when the world is whole. */
  judge(): void {
    for (const [client, { missed }] of this.#told)
      for (const [key, times] of missed)
        if (client.isAlive && times === 0)
          this.#accuse('who misses something is told so', `${client.host} was not told that it missed ${key}`)
  }

  #of(client: ClientProcess): Told {
    let told = this.#told.get(client)
    if (told === undefined)
      this.#told.set(client, (told = { missed: new Map(), places: new Map(), last: '' }))
    return told
  }
}
