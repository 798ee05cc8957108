/** A failure that a user can read: what happened, what to do next, and a number for scripts. */
import type { ExitCode } from './exit-codes.js'

export class CliFailure extends Error {
  /** One line that tells the user what to try; undefined when we know of nothing. */
  readonly advice: string | undefined
  readonly exitCode: ExitCode

  constructor(message: string, options: { advice?: string; exitCode: ExitCode; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'CliFailure'
    this.advice = options.advice
    this.exitCode = options.exitCode
  }
}
