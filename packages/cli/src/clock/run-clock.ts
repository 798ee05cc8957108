/** `jwp clock`: one clock for as long as this process lives. */
import { CannotStartClock, startClock, type ClockProcessOptions, type RunningClock } from '@jwp/clock-server'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes, type ExitCode } from '../failure/exit-codes.js'
import { runUntilEnded } from '../run/run-until-ended.js'
import { tlsAdvice } from '../secrets/tls-files.js'

/** @throws CliFailure when the clock cannot start, or had to stop. */
export async function runClock(options: ClockProcessOptions): Promise<void> {
  const { exitCode, info } = await runUntilEnded(
    () => start(options),
    (clock) => clock.stop(),
  )
  if (exitCode !== 0) throw new CliFailure(info, { exitCode: exitCode as ExitCode })
}

async function start(options: ClockProcessOptions): Promise<RunningClock> {
  try {
    return await startClock(options)
  } catch (error) {
    if (!(error instanceof CannotStartClock)) throw error
    switch (error.code) {
      case 'port-in-use':
        throw new CliFailure(`port ${options.listenPort} is in use`, {
          advice: `another port (-lp), or nothing, if that is the clock of your network already`,
          exitCode: exitCodes.cannotListen,
        })
      case 'cannot-listen':
        throw new CliFailure(error.message, {
          advice: 'another port or address (-lp, -lh)',
          exitCode: exitCodes.cannotListen,
        })
      case 'bad-option':
        throw new CliFailure(error.message, { advice: 'jwp clock --help', exitCode: exitCodes.usage })
      case 'tls':
        throw new CliFailure(error.message, {
          advice: tlsAdvice,
          exitCode: exitCodes.usage,
        })
      case 'file':
        throw new CliFailure(error.message, { exitCode: exitCodes.failed })
    }
  }
}
