/**
 * A server keeps trying to join a parent that is down, but a host name that does not exist is a typing error, and
 * should not have to be found in a log.
 */
import { lookup } from 'node:dns/promises'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

/** @throws CliFailure when the name service says that there is no such host. Its own troubles are no reason to stop. */
export async function checkHost(host: string): Promise<void> {
  try {
    await lookup(host)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTFOUND') return
    throw new CliFailure(`there is no host called ${host}`, {
      advice: 'check the spelling of -rh, or give an IP address',
      exitCode: exitCodes.unreachable,
    })
  }
}
