/**
 * A path that one process at a time may use: two clocks on one file could serve one timestamp twice, two servers on one
 * data folder would spoil it.
 *
 * The lock is the kernel's, on an open file beside the path. It ends with the process, however that ends, and it holds
 * between containers that cannot see each other's processes. The file itself means nothing and stays: removing it would
 * let a second process lock a new one. What is written in it is for words only.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'

export class LockedByProcess extends Error {
  /**
   * @param holder in words: `process 17`
   * @param path the lock's own file
   */
  constructor(
    readonly holder: string,
    readonly path: string,
  ) {
    super(`${holder} holds ${path}`)
  }
}

interface KernelLocks {
  /** An exclusive lock of the open file, not of the process. False: another open file has it. */
  tryLock(fd: number): boolean
}

/**
 * @param path what is to be locked; the lock is on the file `path.lock` beside it
 * @returns a function that gives the lock back
 * @throws LockedByProcess while another process holds it, or this one does already
 */
export function lockForProcess(path: string): () => void {
  const lockPath = `${path}.lock`
  for (let attempt = 0; attempt < attempts; attempt++) {
    const file = openSync(lockPath, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      if (!kernelLocks().tryLock(file)) throw new LockedByProcess(holderOf(lockPath), lockPath)
      if (isStillAt(lockPath, file)) return hold(file)
    } catch (error) {
      closeSync(file)
      throw error
    }
    closeSync(file)
  }
  throw new Error(`another program keeps replacing ${lockPath}`)
}

/** Only when another program removes the file between two steps is a second one needed. */
const attempts = 3

function hold(file: number): () => void {
  try {
    ftruncateSync(file)
    writeSync(file, JSON.stringify({ pid: process.pid, ...whereabouts() }), 0)
  } catch {
    // A full disk: the lock holds without words.
  }
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    closeSync(file)
  }
}

/** A lock on a file that was removed meanwhile keeps no process out. */
function isStillAt(path: string, file: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  const held = fstatSync(file)
  return there?.ino === held.ino && there.dev === held.dev
}

/** The process that says that it holds the lock. On another machine its number means another process, or none. */
function holderOf(lockPath: string): string {
  try {
    const { pid, host, space } = JSON.parse(readFileSync(lockPath, 'utf8')) as Record<string, unknown>
    if (typeof pid !== 'number') return 'another process'
    const here = whereabouts()
    if (host !== here.host) return `process ${pid} on ${String(host)}`
    return space === here.space ? `process ${pid}` : `process ${pid} of another container`
  } catch {
    return 'another process'
  }
}

/** Which machine, and which numbering of processes on it. */
function whereabouts(): { host: string; space: string } {
  try {
    return { host: hostname(), space: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return { host: hostname(), space: '' }
  }
}

/** Loaded only when something is locked. */
function kernelLocks(): KernelLocks {
  return createRequire(import.meta.url)('fs-native-extensions') as KernelLocks
}
