/** Small files that only their owner may read, replaced in one step so that no reader ever sees half of one. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export function writePrivateJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(draft, JSON.stringify(value), { mode: 0o600 })
    renameSync(draft, path)
  } catch (error) {
    try {
      removeFile(draft)
    } catch {
      // What is said is why it could not be written.
    }
    throw error
  }
}

/** Undefined when there is no such file, or it is no JSON: both mean that nothing is known. */
export function readPrivateJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}

export function removeFile(path: string): void {
  rmSync(path, { force: true })
}
