/**
 * Moves the content of a data folder into a folder within it, so that the server can begin anew. That needs no rights
 * elsewhere and no room. Nothing is removed.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { lockForProcess } from '@jwp/transport'
import { CannotStart } from '../server-process-options.js'
import { describeTrouble } from './disk-trouble.js'
import { stageFile } from './folder-stage.js'

/** What lies in `aside-2026-11-28T05-30-00Z` and the like. The last one tells that something was there at all. */
const files = ['data.mdb', 'lock.mdb', stageFile]

/**
 * @returns where everything is now
 * @throws CannotStart in words
 */
export function setAside(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/\.\d+/, '').replaceAll(':', '-')
  try {
    const unlock = lockForProcess(join(path, 'server'))
    try {
      const target = newFolder(join(path, `aside-${stamp}`))
      for (const file of files)
        if (existsSync(join(path, file))) renameSync(join(path, file), join(target, file))
      return target
    } finally {
      unlock()
    }
  } catch (error) {
    throw new CannotStart('data', `cannot move aside what is in ${path}: ${describeTrouble(error)}`)
  }
}

/** Two within a second get two. */
function newFolder(name: string): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? name : `${name}-${number}`
    if (existsSync(path)) continue
    mkdirSync(path, { mode: 0o700 })
    return path
  }
}
