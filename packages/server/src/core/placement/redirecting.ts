/** Sends a client to another server. Whatever is on its way to it leaves before, and the connection closes. */
import type { Address } from '@jwp/protocol'
import type { Sessions } from '../clients/sessions.js'
import type { Outbox } from '../outbox.js'
import type { ClientState } from '../clients/client-state.js'
import { seenByClient } from './seen-by-client.js'

export interface RedirectingNeeds {
  readonly outbox: Pick<Outbox, 'sendToClient'>
  readonly sessions: Pick<Sessions, 'close'>
}

export function redirect({ outbox, sessions }: RedirectingNeeds, client: ClientState, to: Address): void {
  const { host: hostname, port } = seenByClient(client, to)
  outbox.sendToClient(client.id, {
    command: 'REDIRECT',
    hostname,
    port: client.dialect === 'write-utf' ? String(port) : port,
  })
  sessions.close(client, { isMoving: true })
}
