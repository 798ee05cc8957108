/** A folder and those above it. Node's own way of doing so never ends where folders cannot be made, such as in /proc. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * @param mode of those that are made
 * @throws Error of the system
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = []
  for (let at = resolve(path); !exists(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode })
    } catch (error) {
      // Others may make the same folder.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  if (statSync(path).isDirectory()) return
  throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
}

function exists(path: string): boolean {
  return dirname(path) === path || statSync(path, { throwIfNoEntry: false }) !== undefined
}
