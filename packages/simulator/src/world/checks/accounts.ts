/**
 * F3: a name belongs to one account, the one whose registration comes first in the healed log, wherever it was made.
 * A user that believed to own it is told in words that it does not.
 */
import type { RegisterBody } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { AccountHolder } from '../processes/account-holder.js'
import type { Accuse } from './violation.js'

export class Accounts implements Observer {
  readonly #accuse: Accuse
  readonly #owners = new Map<string, Set<AccountHolder>>()
  /** Users that lost a name after they were told that it is registered. */
  readonly lost: string[] = []

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  accountOwned(client: AccountHolder): void {
    const username = client.options.username!
    const owners = this.#owners.get(username) ?? new Set()
    this.#owners.set(username, owners.add(client))
  }

  accountLost(client: AccountHolder, info: string): void {
    const username = client.options.username!
    this.#owners.get(username)?.delete(client)
    this.lost.push(`${client.options.name} lost ${username}: ${info}`)
    if (!info.includes(username))
      this.#accuse('F3 the loser is told in words', `${client.options.name}: "${info}"`)
  }

  /** Names that more than one client believes to own. */
  claimedTwice(): string[] {
    const twice: string[] = []
    for (const [username, owners] of this.#owners) {
      const living = [...owners].filter((client) => client.isAlive).map((client) => client.options.name)
      if (living.length > 1) twice.push(`${username}: ${living.join(', ')}`)
    }
    return twice
  }

  /** To be called when the world is whole. @param log the final log, whole */
  judge(
    log: readonly { readonly registers: RegisterBody | undefined }[],
    sha256Hex: (text: string) => string,
  ): void {
    const winners = new Map<string, RegisterBody>()
    for (const { registers } of log)
      if (registers !== undefined && !winners.has(registers.username))
        winners.set(registers.username, registers)
    for (const [username, owners] of this.#owners) {
      const winner = winners.get(username)
      for (const client of owners) {
        if (!client.isAlive) continue
        const isFirst =
          winner !== undefined && sha256Hex(`${winner.salt} ${client.secret}`) === winner.verifier
        if (!isFirst)
          this.#accuse(
            'F3 the first in the log has the name',
            `${client.options.name} believes to own ${username}, but ${winner === undefined ? 'no user' : 'another user'} is registered`,
          )
      }
    }
  }
}
