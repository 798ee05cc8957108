/**
 * What servers of long ago have left in the runtime folder. Every port that was ever used leaves a file of contacts,
 * a server that is killed leaves its entry in the keyring, one that leaves its secret, and one that another server has started leaves its log.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findSecret } from './keyring.js'
import { removeFile } from './private-file.js'
import { runtimeFolder } from './runtime-folder.js'

/** A network that was not started for so long is not waited for, in milliseconds. */
const staleAfterMs = 30 * 24 * 3_600_000

const pattern = /^(?:(?:contacts|server|left)-(\d+)\.json|started-(\d+)\.log)$/

/** Removes old files of servers that do not run. Never throws: a folder out of reach is none of its business. */
export function removeStaleFiles(nowMs: number): void {
  try {
    const folder = runtimeFolder()
    for (const file of readdirSync(folder)) {
      const match = pattern.exec(file)
      const port = match?.[1] ?? match?.[2]
      if (port === undefined) continue
      const path = join(folder, file)
      // Written when something changed, which may be long ago in the life of a server that still runs.
      if (statSync(path).mtimeMs < nowMs - staleAfterMs && findSecret(Number(port)) === undefined)
        removeFile(path)
    }
  } catch {
    // Another process removes the same files, or the folder is gone.
  }
}
