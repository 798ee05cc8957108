/** Sends a client to another server. Whatever is on its way to it leaves before, and the connection closes. */
import type { Address } from '@jwp/protocol'
import type { Parts } from '../../parts.js'
import type { ClientState } from '../client-state.js'
import { seenByClient } from './seen-by-client.js'

export function redirect({ outbox, sessions }: Parts, client: ClientState, to: Address): void {
  const { host: hostname, port } = seenByClient(client, to)
  outbox.tell(client.id, {
    command: 'REDIRECT',
    hostname,
    port: client.dialect === 'write-utf' ? String(port) : port,
  })
  sessions.hangUp(client, { isMoving: true })
}
