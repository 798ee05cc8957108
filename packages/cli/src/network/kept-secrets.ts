/** The secrets of a network that is started again: its servers remember each other with those of the run before. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describeTrouble, readPrivateJson, writePrivateJson } from '@jwp/server'
import { makeFolder } from '@jwp/transport'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

/**
 * One secret per port, from the folder if it knows one. Random and forgotten if there is no folder.
 * @throws CliFailure when the folder cannot be used
 */
export function keptSecrets(folder: string | undefined, ports: readonly number[]): Map<number, string> {
  const path = folder === undefined ? undefined : join(folder, 'secrets.json')
  const known = (path === undefined ? undefined : readPrivateJson(path)) ?? {}
  const secrets = new Map<number, string>()
  for (const port of ports) {
    const secret = (known as Record<string, unknown>)[port]
    secrets.set(port, typeof secret === 'string' ? secret : randomBytes(16).toString('hex'))
  }
  if (folder !== undefined && path !== undefined) {
    try {
      makeFolder(folder, 0o700)
      writePrivateJson(path, { ...known, ...Object.fromEntries(secrets) })
    } catch (error) {
      throw new CliFailure(`cannot use ${folder}: ${describeTrouble(error)}`, { exitCode: exitCodes.failed })
    }
  }
  return secrets
}
