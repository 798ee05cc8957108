/**
 * How far a data folder has come, in a small file of its own: `beginning` until the first transaction is on the disk,
 * `in use` from then on. LMDB's file that is empty or missing means that a server was killed at its very first start,
 * or that its data is lost. This file tells which.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DamagedFolder } from './damaged-folder.js'

export const stageFile = 'folder.json'

export type FolderStage = 'beginning' | 'in use'

/**
 * @throws DamagedFolder when data was here and is gone
 * @throws Error of the system
 */
export function beginFolder(path: string): void {
  const data = statSync(join(path, 'data.mdb'), { throwIfNoEntry: false })
  if (data !== undefined && data.size > 0) return
  const stage = stageOf(path)
  if (stage === 'beginning') return
  // Versions before this file leave LMDB's lock only.
  if (stage === 'in use' || existsSync(join(path, 'lock.mdb')))
    throw new DamagedFolder(path, `data.mdb is ${data === undefined ? 'missing' : 'empty'}`)
  writeStage(path, 'beginning')
}

/** Undefined: no stage was ever written. */
export function stageOf(path: string): FolderStage | undefined {
  try {
    const { stage } = JSON.parse(readFileSync(join(path, stageFile), 'utf8')) as { stage?: unknown }
    return stage === 'beginning' ? 'beginning' : 'in use'
  } catch (error) {
    // Half a file is a file that was written.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'in use'
  }
}

export function writeStage(path: string, stage: FolderStage): void {
  const draft = join(path, `${stageFile}.new`)
  const file = openSync(draft, 'w', 0o600)
  try {
    writeSync(file, JSON.stringify({ stage }))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, join(path, stageFile))
}
