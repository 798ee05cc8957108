/** Reads a secret from a file that no other user may read. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

/** A secret is a line; a disk image that is named by mistake is not read to its end. */
const mostBytes = 4_096
const othersMayReadOrWrite = 0o077

/** The first line of the file. @throws CliFailure when it cannot be read, is empty, or others may read or change it. */
export function readSecretFile(path: string): string {
  const text = readHead(path)
  const end = text.search(/[\r\n]/)
  const secret = end === -1 ? text : text.slice(0, end)
  if (secret === '') throw flawed(`${path} has no secret in its first line`)
  if (secret.length >= mostBytes) throw flawed(`the first line of ${path} is too long for a secret`)
  return secret
}

function readHead(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    // What is open is judged, not what may have taken its name since.
    const { mode } = fstatSync(file)
    if ((mode & othersMayReadOrWrite) !== 0 && process.platform !== 'win32')
      throw readableByOthers(path, mode)
    return readUpTo(file, mostBytes).toString('utf8')
  } catch (error) {
    if (error instanceof CliFailure) throw error
    throw flawed(`the secret in ${path} cannot be read: ${(error as Error).message}`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A pipe (`--secret-file <(pass jwp)`) may hand out its line in pieces. */
function readUpTo(file: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit)
  let filled = 0
  while (filled < limit) {
    const count = readSync(file, buffer, filled, limit - filled, null)
    if (count === 0) break
    filled += count
  }
  return buffer.subarray(0, filled)
}

const readableByOthers = (path: string, mode: number) =>
  new CliFailure(
    `others on this machine may read or change ${path} (its mode is ${(mode & 0o777).toString(8)}), so it keeps no secret`,
    { advice: `chmod 600 ${path}`, exitCode: exitCodes.usage },
  )

const flawed = (message: string) =>
  new CliFailure(message, {
    advice: 'a file that only you may read, with the secret as its first line',
    exitCode: exitCodes.usage,
  })
