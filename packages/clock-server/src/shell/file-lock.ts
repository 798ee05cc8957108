/** Who may use a clock's file: one living process at a time. */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { CeilingFileError } from './ceiling-file.js'

/**
 * Two clocks on one file could serve one timestamp twice.
 * @throws CeilingFileError while another living process holds the lock.
 * @returns a function that gives the lock back
 */
export function lockFile(path: string): () => void {
  const lockPath = `${path}.lock`
  for (let attempt = 0; attempt < 2; attempt++) {
    if (tryToLock(lockPath)) {
      return () => {
        rmSync(lockPath, { force: true })
      }
    }
    const [owner, birth] = readFileSync(lockPath, 'utf8').split(' ')
    if (isAlive(Number(owner), birth)) {
      throw new CeilingFileError(
        'locked',
        `process ${owner} runs a clock on ${path}: give this one another --file, or stop that one`,
      )
    }
    rmSync(lockPath, { force: true })
  }
  throw new CeilingFileError('locked', `cannot lock ${path}`)
}

function tryToLock(lockPath: string): boolean {
  try {
    const handle = openSync(lockPath, 'wx', 0o600)
    writeSync(handle, `${process.pid} ${birthOf(process.pid)}`)
    fsyncSync(handle)
    closeSync(handle)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Numbers of processes are used again, after a reboot even soon: the time of birth tells whether it is the same one. */
function isAlive(pid: number, birth: string | undefined): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = birthOf(pid)
  return now === '' || birth === undefined || birth === '' || now === birth
}

/** When the process began, in ticks since the system did; empty where the system does not tell. */
function birthOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
