/** What can go wrong, and whether a message may have been published all the same. */

/** An option of `connect`, `register`, `send` or `close` makes no sense. Nothing was done; the message names the option. */
export class BadOption extends TypeError {
  override readonly name = 'BadOption'
}

/** The network refused the name or the secret. Trying again does not help. */
export class LoginFailed extends Error {
  override readonly name = 'LoginFailed'
}

/**
 * No server has let this client in in time, or the attempt was aborted. Nothing was published; trying again is safe.
 */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
}

/** The name was not registered; the message tells why. */
export class RegisterFailed extends Error {
  override readonly name = 'RegisterFailed'
}

/** Another program goes on with this session; this one has ended. */
export class SessionTakenOver extends Error {
  override readonly name = 'SessionTakenOver'
}

/** The message surely was not published: sending it again is safe. */
export class NotPublished extends Error {
  override readonly name = 'NotPublished'
}

/** The message was sent, and what became of it is unknown: sending it again may publish it twice. */
export class MaybePublished extends Error {
  override readonly name = 'MaybePublished'
}

/** The servers refused what this client says, again and again. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
