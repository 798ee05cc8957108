/**
 * The environment of a server that is started here. Secrets are not arguments: a process list shows arguments to
 * every user.
 */
import type { Address, ClockAddresses } from '@jwp/protocol'

export interface NewServer {
  /** Where others shall reach it: a suggestion, if a command starts it elsewhere. */
  readonly host: string
  readonly port: number
  /** The secret that it asks of servers that join it. */
  readonly secret: string
  readonly parent: Address
  readonly clock: ClockAddresses
  readonly maxClients: number
  /** Most servers in the whole network. */
  readonly maxServers: number
  /** It shall end when it was not needed for so long, in ms. */
  readonly idleMs: number
}

export function environmentOf(server: NewServer): Record<string, string> {
  const { parent, clock } = server
  return {
    JWP_HOST: server.host,
    JWP_PORT: String(server.port),
    JWP_SECRET: server.secret,
    JWP_PARENT_HOST: parent.host,
    JWP_PARENT_PORT: String(parent.port),
    JWP_PARENT_SECRET: parent.secret,
    JWP_CLOCK: [clock, ...(clock.standbys ?? [])].map(({ host, port }) => `${host}:${port}`).join(','),
    JWP_MAX_CLIENTS: String(server.maxClients),
    JWP_AUTOSCALE_MAX: String(server.maxServers),
    JWP_END_WHEN_IDLE: String(server.idleMs),
  }
}
