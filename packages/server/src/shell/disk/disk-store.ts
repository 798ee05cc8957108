/**
 * State that outlives the process: what the core wants written goes to the data folder in the order given, off the event
 * loop. While one transaction is under way further changes gather, and go together in the next.
 */
import type { Address } from '@jwp/protocol'
import { bytesOf, count } from '@jwp/protocol'
import type { ServerInput, StoreChange, StoredState } from '@jwp/server/core'
import { CannotStart } from '../server-process-options.js'
import { ChangeWriter } from './change-writer.js'
import { DamagedFolder } from './damaged-folder.js'
import { DataFolder } from './data-folder.js'
import { describeTrouble } from './disk-trouble.js'
import { checkFile } from './lmdb-file.js'
import { fact, readContents, type FolderContents } from './read-state.js'
import { DamagedData, encodeRecord } from './record.js'
import { formatVersion, openTables, type Tables, type TablesOptions } from './tables.js'

/** One transaction holds about this much, in bytes of bodies: a longer one keeps its pages in memory for longer. */
const transactionBytes = 16_777_216

export interface DiskStoreOptions extends TablesOptions {
  readonly path: string
}

export class DiskStore {
  readonly #folder: DataFolder
  readonly #tables: Tables
  /** Remembered from the run before, newest first. */
  readonly contacts: readonly Address[]
  readonly #writer: ChangeWriter
  readonly #owner: string | undefined
  #restored: StoredState | undefined
  #handle: (input: ServerInput) => void = () => undefined
  #waiting: StoreChange[] = []
  #contacts: readonly Address[] | undefined
  #writing: Promise<void> | undefined
  #isBroken = false

  private constructor(
    folder: DataFolder,
    tables: Tables,
    contents: FolderContents,
    owner: string | undefined,
  ) {
    this.#folder = folder
    this.#tables = tables
    this.#restored = contents.state
    this.contacts = contents.contacts
    this.#owner = owner
    this.#writer = new ChangeWriter(tables, contents.shape)
  }

  /**
   * Reads what the last run has left. Writes nothing yet except the lock.
   * @param check looks for damage that would end this process when it reads
   * @throws CannotStart in words
   */
  static async open({ path, sync }: DiskStoreOptions, check = checkFile): Promise<DiskStore> {
    const folder = new DataFolder(path)
    let tables: Tables | undefined
    try {
      await check(path)
      tables = await openTables(path, { sync })
      const version = fact(tables, 'format', count)
      if (version !== undefined && version !== formatVersion)
        throw new CannotStart(
          'data',
          `${path} was written by another version of JWP (its format is ${version}, this one reads ${formatVersion}): start that version, or give --data another folder`,
        )
      if (version === undefined && folder.isInUse) throw new DamagedData('nothing of a server is in data.mdb')
      const owner = fact(tables, 'server', String)
      return new DiskStore(folder, tables, readContents(tables), owner)
    } catch (error) {
      await tables?.root.close()
      folder.close()
      throw cannotUse(path, error)
    }
  }

  /** The state that the core begins with, given once: it is not kept here, since most of it is dropped in time. */
  takeRestored(): { restored?: StoredState } {
    const restored = this.#restored
    this.#restored = undefined
    return restored === undefined ? {} : { restored }
  }

  /** The secret by which other servers knew this one in the last run. */
  get secret(): string | undefined {
    return fact(this.#tables, 'secret', String)
  }

  /**
   * From now on the folder is this server's, and a new run of it has begun.
   * @param handle is told `stored` and `store-failed`
   * @returns how many runs there have been, this one included
   * @throws CannotStart when it is another server's
   */
  begin({ name, secret }: Address, handle: (input: ServerInput) => void): number {
    if (this.#owner !== undefined && this.#owner !== name)
      throw new CannotStart(
        'data',
        `${this.#folder.path} belongs to the server ${this.#owner}, not to ${name}: give --data another folder, or start it as --name ${this.#owner}`,
      )
    this.#handle = handle
    try {
      const starts = (fact(this.#tables, 'starts', count) ?? 0) + 1
      this.#tables.root.transactionSync(() => {
        const { facts } = this.#tables
        facts.putSync('format', encodeRecord(formatVersion))
        facts.putSync('server', encodeRecord(name))
        facts.putSync('secret', encodeRecord(secret))
        facts.putSync('starts', encodeRecord(starts))
      })
      this.#folder.hasBegun()
      return starts
    } catch (error) {
      throw cannotUse(this.#folder.path, error)
    }
  }

  /** For what was read back and made no sense to the core: what is wrong, in words. */
  cannotGoOn(error: unknown): CannotStart {
    return cannotUse(this.#folder.path, new DamagedData((error as Error).message))
  }

  store(change: StoreChange): void {
    if (this.#isBroken) return
    this.#waiting.push(change)
    this.#write()
  }

  /** Contacts, for the next start. Only the last list counts. */
  remember(contacts: readonly Address[]): void {
    this.#contacts = contacts
    this.#write()
  }

  /** Everything that was to be stored is, unless the disk has failed. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    await this.#tables.root.close()
    this.#folder.close()
  }

  /** As if the process had been killed, as far as that can be had within it. */
  async abandon(): Promise<void> {
    this.#waiting = []
    this.#contacts = undefined
    this.#handle = () => undefined
    await this.close()
  }

  #write(): void {
    if (this.#writing !== undefined || this.#isBroken) return
    if (this.#waiting.length === 0 && this.#contacts === undefined) return
    const changes = this.#waiting.splice(0, groupLength(this.#waiting))
    const contacts = this.#contacts
    this.#contacts = undefined
    this.#writing = this.#writer.write(changes, contacts).then(
      () => {
        this.#writing = undefined
        const last = changes.at(-1)
        if (last !== undefined) this.#handle({ type: 'stored', number: last.number })
        this.#write()
      },
      async (error: unknown) => {
        // What was written before stays good; what comes after would leave a hole.
        this.#isBroken = true
        this.#waiting = []
        const reason = await reasonOf(error)
        const why = describeTrouble(this.#folder.whyNoGrowth() ?? reason)
        this.#writing = undefined
        this.#handle({ type: 'store-failed', info: `cannot write to ${this.#folder.path}: ${why}` })
      },
    )
  }
}

/** How many changes go into one transaction: at least one. */
function groupLength(changes: readonly StoreChange[]): number {
  let bytes = 0
  let length = 0
  while (length < changes.length && bytes < transactionBytes) {
    const { append, queued } = changes[length++]!
    bytes += bytesOf(append?.runs ?? []) + bytesOf(queued ?? [])
  }
  return length
}

/** lmdb rejects with the fact that a commit failed, and prints the cause apart from that. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> }
  if (commitError === undefined) return error
  try {
    await commitError
    return error
  } catch (reason) {
    return reason
  }
}

function cannotUse(path: string, error: unknown): CannotStart {
  if (error instanceof CannotStart) return error
  const isLmdbs = /MDB_/.test((error as Error).message)
  if (error instanceof DamagedData || isLmdbs) return new DamagedFolder(path, (error as Error).message)
  return new CannotStart('data', `cannot use ${path}: ${describeTrouble(error)}`)
}
