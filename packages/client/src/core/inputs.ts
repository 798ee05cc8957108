/** What a client's core is told. Exactly one connection is under way at a time, so no input names it. */
import type { Activity } from '@jwp/protocol'

/** The caller's own number of one publish; comes back in `settled` or `failed`, exactly once. */
export type Ticket = number

export type ClientInput =
  /** Begin: dial the first server. */
  | { readonly type: 'start' }
  /** `nextDeadlineMs()` has come. */
  | { readonly type: 'tick' }
  /** What `dial` asked for is open. */
  | { readonly type: 'connected' }
  /** What `dial` asked for did not open. */
  | { readonly type: 'connect-failed'; readonly why: string }
  /** The open connection was ended by the other side or the network. Never after our own `disconnect`. */
  | { readonly type: 'disconnected' }
  /** One line of the server, parsed; nothing about it is trusted. */
  | { readonly type: 'command'; readonly value: unknown }
  /** A line of the server that is no JSON. */
  | { readonly type: 'garbled'; readonly info: string }
  /** Send this. The core keeps the object: it must not be changed afterwards. */
  | { readonly type: 'publish'; readonly ticket: Ticket; readonly activity: Activity }
  /** We do not read the socket, because the application is behind: silence accuses nobody now. */
  | { readonly type: 'hold' }
  /** We read again. */
  | { readonly type: 'release' }
  /** End. `graceful`: only when every publish has settled; otherwise now, and the rest fails. */
  | { readonly type: 'close'; readonly graceful: boolean }

export type ClientInputOf<Type extends ClientInput['type']> = Extract<ClientInput, { type: Type }>
