/** Reads the files of the TLS flags. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { contextOf, type TlsIdentity } from '@jwp/lines'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

export interface TlsFiles {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly ca: string | undefined
}

export const tlsAdvice = 'docs/security.md shows how the three files are made'

/** A group may read it: that is how systems hand keys to services. */
const everybodyMayReadOrWrite = 0o007

/**
 * Undefined: no TLS.
 * @throws CliFailure when a file cannot be read, or every user can read the key.
 */
export function tlsIdentityFrom({ cert, key, ca }: TlsFiles): TlsIdentity | undefined {
  if (cert === undefined || key === undefined || ca === undefined) return undefined
  const identity = { cert: readPem(cert), key: readPem(key, { isKey: true }), ca: readPem(ca) }
  try {
    contextOf(identity)
  } catch (error) {
    throw new CliFailure(`TLS cannot be spoken with ${cert}, ${key} and ${ca}: ${(error as Error).message}`, {
      advice: tlsAdvice,
      exitCode: exitCodes.usage,
    })
  }
  return identity
}

/** @throws CliFailure */
export function readPem(path: string, { isKey = false } = {}): Buffer {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { mode } = fstatSync(file)
    if (isKey && (mode & everybodyMayReadOrWrite) !== 0 && process.platform !== 'win32') {
      throw new CliFailure(
        `every user of this machine may read or change the key ${path} (its mode is ${(mode & 0o777).toString(8)})`,
        { advice: `chmod 600 ${path}`, exitCode: exitCodes.usage },
      )
    }
    return readFileSync(file)
  } catch (error) {
    if (error instanceof CliFailure) throw error
    throw new CliFailure(`${path} cannot be read: ${(error as Error).message}`, {
      advice: 'files in PEM, as --tls-cert, --tls-key and --tls-ca; docs/security.md shows how they are made',
      exitCode: exitCodes.usage,
    })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
