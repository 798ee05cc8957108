/** `jwp client`: a conversation on a terminal, JSON lines in a pipe. */
import { converse } from './converse.js'
import { logIn, type LoginSettings } from './log-in.js'
import { pipe } from './pipe.js'

export interface ClientSettings extends LoginSettings {
  /** In a pipe: stay after the end of the input. */
  readonly listen: boolean
  /** In a pipe: end after this many broadcasts. */
  readonly count: number | undefined
}

/** @throws CliFailure when it cannot connect; unacknowledged messages set the exit code. */
export async function runClient(settings: ClientSettings): Promise<void> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  const connection = await logIn({ ...settings, presence: settings.presence || isTerminal })
  if (isTerminal) await converse(connection, settings.presence)
  else await pipe(connection, settings)
}
