/**
 * The clock's ceiling on disk. Replaced in one step and forced to the disk before it counts, so that a crash of the
 * machine leaves the old number or the new one. A file that cannot be read is an error, never a zero: a clock that
 * began at zero again could repeat what it has served.
 */
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isTimestamp, type Timestamp } from '@jwp/protocol'
import { makeFolder } from '@jwp/transport'

export class CeilingFileError extends Error {
  constructor(
    readonly code: 'unreadable' | 'locked',
    message: string,
  ) {
    super(message)
  }
}

export class CeilingFile {
  readonly path: string

  /**
   * A link is followed: what it leads to is replaced, not the link.
   * @throws CeilingFileError when it leads nowhere: the disk that it led to may only be away.
   */
  constructor(path: string) {
    this.path = path
    makeFolder(dirname(path), 0o700)
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return
    try {
      this.path = realpathSync(path)
    } catch {
      throw this.#unreadable('it is a link that leads nowhere')
    }
  }

  get isThere(): boolean {
    return existsSync(this.path)
  }

  /** @throws CeilingFileError when there is a file, but no ceiling in it. */
  read(): Timestamp {
    try {
      const text = readFileSync(this.path, 'utf8')
      if (text === '') throw new Error('it is empty')
      const { ceiling } = JSON.parse(text) as { ceiling?: unknown }
      if (isTimestamp(ceiling)) return ceiling
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw this.#unreadable((error as Error).message)
    }
    throw this.#unreadable('it holds no ceiling')
  }

  async write(ceiling: Timestamp): Promise<void> {
    const draft = `${this.path}.new`
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify({ ceiling }))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, this.path)
    const folder = await open(dirname(this.path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  #unreadable(why: string): CeilingFileError {
    const advice = 'Restore it, or remove it if no server has ever used this clock'
    return new CeilingFileError(
      'unreadable',
      `the clock's file ${this.path} cannot be used: ${why}. ${advice}`,
    )
  }
}
