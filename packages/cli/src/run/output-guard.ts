/**
 * Standard output that accepts no more. A reader that is gone is no failure: it has read enough. A full disk is one,
 * with an error message, whether or not other code handles the command's end.
 */
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { printFailure } from '../failure/print-failure.js'

let hasFailed = false

/** Libraries have put listeners there that throw: ours comes instead. Before any command listens. */
export function guardOutput(): void {
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', onError)
  // The words would go there: no reader is left.
  process.stderr.on('error', () => undefined)
}

function onError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || hasFailed) return
  hasFailed = true
  const failure = new CliFailure(`standard output cannot be written: ${wordsFor(error)}`, {
    exitCode: exitCodes.failed,
  })
  printFailure(failure)
  // However the command ends, and with whatever code of its own.
  process.once('exit', () => (process.exitCode = failure.exitCode))
  // Long-running commands listen as well, and end in order. For others there is nothing left to do.
  if (process.stdout.listenerCount('error') === 1) process.exit(failure.exitCode)
}

const wordsFor = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOSPC' ? 'the disk is full' : code === 'EDQUOT' ? 'the disk quota is used up' : message
