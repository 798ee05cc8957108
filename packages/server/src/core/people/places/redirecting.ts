/** Sends a client to another server. Whatever is on its way to it leaves before, and the connection closes. */
import type { Address } from '@jwp/protocol'
import type { Parts } from '../../parts.js'
import type { ClientState } from '../client-state.js'

export function redirect({ outbox, sessions }: Parts, client: ClientState, to: Address): void {
  const port = client.dialect === 'write-utf' ? String(to.port) : to.port
  outbox.tell(client.id, { command: 'REDIRECT', hostname: to.host, port })
  sessions.hangUp(client)
}
