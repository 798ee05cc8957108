/** `jwp clock`: one clock for as long as this process lives. */
import { CannotStartClock, startClock, type ClockPeersOptions, type RunningClock } from '@jwp/clock-server'
import type { TlsIdentity } from '@jwp/lines'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes, type ExitCode } from '../failure/exit-codes.js'
import { runUntilEnded } from '../run/run-until-ended.js'
import { tlsAdvice } from '../secrets/tls-files.js'

export interface ClockSettings {
  /** Address to listen on; undefined: all of this machine. */
  readonly host: string | undefined
  readonly port: number
  /** Keeps the ceiling; undefined: a file of the user's state folder, by port. */
  readonly file: string | undefined
  /** It is one of several; undefined: the only clock of its network. */
  readonly peers: ClockPeersOptions | undefined
  /** Undefined: plain. */
  readonly tls: TlsIdentity | undefined
  readonly json: boolean
}

/** @throws CliFailure when the clock cannot start, or had to stop. */
export async function runClock(settings: ClockSettings): Promise<void> {
  const { exitCode, info } = await runUntilEnded(
    () => start(settings),
    (clock) => clock.stop(),
  )
  if (exitCode !== 0) throw new CliFailure(info, { exitCode: exitCode as ExitCode })
}

async function start({ host, port, file, peers, tls, json }: ClockSettings): Promise<RunningClock> {
  try {
    return await startClock({ listenPort: port, bindHost: host, file, peers, tls, log: { json } })
  } catch (error) {
    if (!(error instanceof CannotStartClock)) throw error
    switch (error.code) {
      case 'port-in-use':
        throw new CliFailure(`port ${port} is in use`, {
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
