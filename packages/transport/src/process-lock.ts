/**
 * A path that one living process at a time may use: two clocks on one file could serve one timestamp twice, two servers
 * on one data folder would spoil it.
 *
 * A lock is a small file that names its owner. It appears whole or not at all (written aside, then linked), and a dead
 * owner's is taken over under a second lock, so that of two who find it dead only one gets it.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'

export class LockedByProcess extends Error {
  /** `path`: the lock's own file. */
  constructor(
    readonly pid: number,
    readonly path: string,
  ) {
    super(`process ${pid} holds ${path} (remove that file if there is no such process)`)
  }
}

/**
 * @param path what is to be locked; the lock is the file `path.lock` beside it
 * @returns a function that gives the lock back
 * @throws LockedByProcess while another living process holds it, or this one does already
 */
export function lockForProcess(path: string): () => void {
  const lockPath = `${path}.lock`
  const takeoverPath = `${lockPath}.takeover`
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (createLock(lockPath) || takeOver(lockPath, takeoverPath)) {
      return () => {
        rmSync(lockPath, { force: true })
      }
    }
  }
  throw new LockedByProcess(ownerOf(takeoverPath).pid, takeoverPath)
}

/** Others may take over, and finish, between any two of our steps. */
const attempts = 10

/**
 * False: somebody else was faster, or died while taking over. The latter takes a person to clear up: nobody may remove
 * the second lock but its owner, or two could hold the first.
 * @throws LockedByProcess
 */
function takeOver(lockPath: string, takeoverPath: string): boolean {
  refuseIfAlive(lockPath)
  if (!createLock(takeoverPath)) {
    refuseIfAlive(takeoverPath)
    return false
  }
  try {
    refuseIfAlive(lockPath)
    rmSync(lockPath, { force: true })
    return createLock(lockPath)
  } finally {
    rmSync(takeoverPath, { force: true })
  }
}

/** False: it exists. */
function createLock(lockPath: string): boolean {
  const draft = `${lockPath}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const handle = openSync(draft, 'wx', 0o600)
    try {
      writeSync(handle, `${process.pid} ${birthOf(process.pid)}`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    linkSync(draft, lockPath)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** @throws LockedByProcess */
function refuseIfAlive(lockPath: string): void {
  const { pid, birth } = ownerOf(lockPath)
  if (isAlive(pid, birth)) throw new LockedByProcess(pid, lockPath)
}

/** Number 0: nobody. */
function ownerOf(lockPath: string): { pid: number; birth: string } {
  try {
    const [pid, birth = ''] = readFileSync(lockPath, 'utf8').split(' ')
    return { pid: Number(pid), birth }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { pid: 0, birth: '' }
    throw error
  }
}

/** Numbers of processes are used again, after a reboot even soon: the birth tells whether it is the same one. */
function isAlive(pid: number, birth: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = birthOf(pid)
  return now === '' || birth === '' || now === birth
}

/** When the process began: ticks since the system did, and which run of the system. Empty where that is not told. */
function birthOf(pid: number): string {
  try {
    const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
    return `${ticks}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return ''
  }
}
