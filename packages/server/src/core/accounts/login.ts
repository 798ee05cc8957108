/** LOGIN: what is wrong with the line is said at once; what is right begins an attempt. */
import { noVersionInCommon, clientProtocolVersions } from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'
import { InvalidCommand, type Fields } from '../clients/command-shapes.js'
import type { FanOut } from '../clients/fan-out.js'
import type { Sessions } from '../clients/sessions.js'
import type { Outbox } from '../outbox.js'
import { LoginAttempt, type LoginAttemptNeeds } from './login-attempt.js'
import { loginRequestOf } from './login-request.js'

export interface LoginNeeds extends LoginAttemptNeeds {
  readonly fanOut: Pick<FanOut, 'isBlocked'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
  readonly sessions: Pick<Sessions, 'close'>
}

export class Login {
  readonly #needs: LoginNeeds

  constructor(needs: LoginNeeds) {
    this.#needs = needs
  }

  /** @throws InvalidCommand */
  begin(client: ClientState, fields: Fields): void {
    const request = loginRequestOf(fields)
    const { outbox, sessions, fanOut } = this.#needs
    if (request.version === undefined) {
      const info = noVersionInCommon('this server', clientProtocolVersions, 'you', request.versions)
      outbox.sendToClient(client.id, { command: 'LOGIN_FAILED', info })
      sessions.close(client)
      return
    }
    if (client.session !== undefined && client.member?.username !== request.username)
      throw new InvalidCommand('a numbered session belongs to one user: log out first')
    if (fanOut.isBlocked(client.id)) throw new InvalidCommand('read the answers before asking again')
    new LoginAttempt(this.#needs, client, request).begin()
  }
}
