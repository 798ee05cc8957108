/** How a server that has nothing yet asks the core called `me` for a place below it. */
import { asServerId, type Address, type ServerMessageOf } from '@jwp/protocol'

export const authenticate = (
  from: Address,
  more: Partial<ServerMessageOf<'AUTHENTICATE'>> = {},
): ServerMessageOf<'AUTHENTICATE'> => ({
  type: 'AUTHENTICATE',
  secret: 'me',
  mysecret: from.secret,
  name: from.name,
  hostname: from.host,
  port: from.port,
  id: asServerId(`${from.name}#1`),
  lineage: [],
  base: 0,
  length: 0,
  size: 1,
  sinceMs: 0,
  root: false,
  dry: false,
  ...more,
})
