/** Says on stderr what went wrong and what to try. No stack traces, unless JWP_DEBUG asks for them. */
import { visibleLines, visibleText } from '@jwp/protocol'
import { paletteFor } from '../terminal/palette.js'
import { tellSupervisor } from '../run/supervision.js'
import type { CliFailure } from './cli-failure.js'

export function printFailure(failure: CliFailure): void {
  const palette = paletteFor(process.stderr, process.env)
  process.stderr.write(`${palette('red', 'error:')} ${visibleText(failure.message)}\n`)
  if (failure.advice !== undefined)
    process.stderr.write(`${palette('cyan', 'try:')} ${visibleText(failure.advice)}\n`)
  if (process.env['JWP_DEBUG']) process.stderr.write(visibleLines(`${stackOf(failure)}\n`))
  tellSupervisor({
    type: 'failed',
    message: failure.message,
    advice: failure.advice,
    exitCode: failure.exitCode,
  })
}

const stackOf = (failure: CliFailure): string =>
  (failure.cause instanceof Error ? failure.cause.stack : failure.stack) ?? ''
