/**
 * Identifiers. Each is a plain string or number on the wire and a type of its own in the code, so that
 * two kinds cannot be swapped by accident. The `as…` functions are the only places that make one.
 */

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** The name a server is known by, by default its advertised `host:port`. Survives a restart. */
export type ServerName = Branded<string, 'ServerName'>
/** `name#incarnation`: one run of one server. A restart is another server with the same name. */
export type ServerId = Branded<string, 'ServerId'>
/** `number.serverId`: the term of one root. Never reused. */
export type Epoch = Branded<string, 'Epoch'>
/** Numbers a run of entries without gaps: a client's session, or a server on behalf of plain clients. */
export type PublisherId = Branded<string, 'PublisherId'>
/** Public half of a client's session: the same for all its holders, one after the other. */
export type SessionId = Branded<string, 'SessionId'>
/** Secret half of a client's session, 128 random bits in hex. A client that shows it may continue the session. */
export type SessionToken = Branded<string, 'SessionToken'>
/** Local number of a link between two servers; never sent. Dialled links are odd, accepted ones even. */
export type LinkId = Branded<number, 'LinkId'>
/** Local number of a client's connection; never sent. */
export type ClientId = Branded<number, 'ClientId'>
/** Position in the log: 1, 2, 3… The position is the place in the order that all clients see. */
export type LogIndex = number
/** See `timestamp.ts`. */
export type Timestamp = number

export const asServerName = (text: string): ServerName => text as ServerName
export const asPublisherId = (text: string): PublisherId => text as PublisherId
export const asSessionToken = (text: string): SessionToken => text as SessionToken
export const asLinkId = (value: number): LinkId => value as LinkId
export const asClientId = (value: number): ClientId => value as ClientId
export const asServerId = (text: string): ServerId => text as ServerId
export const asEpoch = (text: string): Epoch => text as Epoch

export function serverId(name: ServerName, incarnation: string): ServerId {
  return `${name}#${incarnation}` as ServerId
}

export function serverNameOf(id: ServerId): ServerName {
  return id.slice(0, id.lastIndexOf('#')) as ServerName
}

export function epoch(number: number, root: ServerId): Epoch {
  return `${number}.${root}` as Epoch
}

/** The number before the dot; 0 for a text that is no epoch, so that garbage never outranks a real term. */
export function epochNumber(value: Epoch): number {
  const number = Number.parseInt(value, 10)
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}
