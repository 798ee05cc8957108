/**
 * The folder of `--data` before anything in it is opened: made if need be, locked for this process, fit to be written,
 * and either empty or a server's.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { LockedByProcess, lockForProcess, makeFolder } from '@jwp/transport'
import { CannotStart } from '../server-process-options.js'
import { describeTrouble } from './disk-trouble.js'
import { beginFolder, stageOf, writeStage } from './folder-stage.js'

/** Room that must be there at the start, in bytes: LMDB's own files, which it maps, and a first transaction. */
const leastRoomBytes = 262_144

/**
 * What may lie in a folder beside a server's data: a clock's files, what file systems put there, the server's small
 * files.
 */
const harmless = /^(clock\.json.*|lost\+found|\.DS_Store|server\.lock.*|folder\.json.*|aside-.*)$/

export class DataFolder {
  readonly path: string
  readonly #unlock: () => void

  /**
   * @throws CannotStart in words when it cannot be used; nothing in it has changed then
   */
  constructor(path: string) {
    this.path = path
    try {
      makeFolder(path, 0o700)
      // Before the lock, whose file stays: JWP leaves no file in a folder that holds other things.
      this.#refuseForeign()
      this.#unlock = lockForProcess(join(path, 'server'))
    } catch (error) {
      if (error instanceof CannotStart) throw error
      if (error instanceof LockedByProcess)
        throw new CannotStart(
          'data',
          `${error.holder} uses ${path}: give this server another --data, or stop that one`,
        )
      throw new CannotStart('data', `cannot use ${path}: ${describeTrouble(error)}`)
    }
    try {
      this.#tryToWrite()
      beginFolder(path)
    } catch (error) {
      this.close()
      if (error instanceof CannotStart) throw error
      throw new CannotStart('data', `cannot use ${path}: ${describeTrouble(error)}`)
    }
  }

  /** It holds a server's data, or has held it. */
  get isInUse(): boolean {
    return stageOf(this.path) === 'in use'
  }

  /** The first transaction is on the disk: a file that is empty or gone is a loss from now on. */
  hasBegun(): void {
    if (!this.isInUse) writeStage(this.path, 'in use')
  }

  /** Other processes may use the folder from now on. */
  close(): void {
    this.#unlock()
  }

  /**
   * LMDB reports a full disk as any other error. The system's answer to an attempt to make the file grow tells more;
   * the attempt leaves nothing behind. Only after a failure, when no transaction writes any more.
   */
  whyNoGrowth(): unknown {
    try {
      const file = openSync(join(this.path, 'data.mdb'), 'r+')
      try {
        const { size } = fstatSync(file)
        try {
          writeTrial(file, size)
        } finally {
          ftruncateSync(file, size)
        }
      } finally {
        closeSync(file)
      }
      return undefined
    } catch (error) {
      return error
    }
  }

  #refuseForeign(): void {
    if (existsSync(join(this.path, 'data.mdb'))) return
    const foreign = readdirSync(this.path).find((name) => name !== 'lock.mdb' && !harmless.test(name))
    if (foreign !== undefined)
      throw new CannotStart(
        'data',
        `${this.path} is not empty and holds no data of a server (but ${foreign}): give --data a folder of its own`,
      )
  }

  /** A disk that is full or read-only is known now, in words, not at the first message. */
  #tryToWrite(): void {
    const trial = join(this.path, 'server.lock.trial')
    try {
      const handle = openSync(trial, 'w', 0o600)
      try {
        writeTrial(handle, 0)
      } finally {
        closeSync(handle)
      }
    } finally {
      rmSync(trial, { force: true })
    }
  }
}

/** The last bytes that fit are written without complaint: only the next ones tell. */
function writeTrial(file: number, position: number): void {
  const trial = Buffer.alloc(leastRoomBytes)
  for (let at = 0; at < trial.length;) at += writeSync(file, trial, at, trial.length - at, position + at)
  fsyncSync(file)
}
