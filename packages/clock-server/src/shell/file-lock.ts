/** Lets one living process at a time use a clock's file. */
import { existsSync } from 'node:fs'
import { LockedByProcess, lockForProcess } from '@jwp/transport'
import { CeilingFileError } from './ceiling-file.js'

/**
 * Two clocks on one file could serve one timestamp twice.
 * @throws CeilingFileError while another living process holds the lock.
 * @returns a function that gives the lock back
 */
export function lockFile(path: string): () => void {
  try {
    return lockForProcess(path)
  } catch (error) {
    if (!(error instanceof LockedByProcess)) throw error
    throw new CeilingFileError(
      'locked',
      `${error.holder} runs a clock on ${path}: give this one another --file, or stop that one`,
    )
  }
}

/** The lock's file stays where a clock has been, so it tells that there was one. */
export function wasLocked(path: string): boolean {
  return existsSync(`${path}.lock`)
}
