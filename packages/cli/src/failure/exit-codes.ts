/**
 * What `jwp` answers to the shell. Documented in the README of this package and in `jwp --help`; a script may
 * rely on the numbers.
 */
export const exitCodes = {
  ok: 0,
  /** What the command promised did not hold (`demo`, `sim`), or something failed that has no number of its own. */
  failed: 1,
  /** The command line makes no sense. Nothing was started. */
  usage: 2,
  /** The port is in use or may not be opened. */
  cannotListen: 3,
  /** The other side answered, and said no: wrong secret, name taken, login failed. */
  refused: 4,
  /** Nothing listens there, an unknown host, or something that does not speak the protocol. */
  unreachable: 5,
  /** A second Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
