/** Other servers that this one has met, kept for its next start, by port. */
import { join } from 'node:path'
import type { Address } from '@jwp/protocol'
import { MalformedMessage, addressFromWire } from '@jwp/protocol'
import PQueue from 'p-queue'
import { readPrivateJson, writePrivateJson } from './private-file.js'
import { runtimeFolder } from './runtime-folder.js'
import { removeStaleFiles } from './stale-files.js'

/** Contacts change in bursts while a tree heals; only the last state needs to reach the disk. */
const settleMs = 200

/** Where other servers are remembered for the next start. */
export interface ContactsKeeper {
  readonly contacts: readonly Address[]
  remember(contacts: readonly Address[]): void
  /** What was written may have been removed by others. */
  rememberAgain?(): void
  /** What was not written yet. */
  close(): Promise<void>
}

/** The servers that the last server at this port had met. */
export function rememberedAt(port: number): readonly Address[] {
  let stored: unknown
  try {
    stored = readPrivateJson(pathOf(port))
  } catch {
    // A folder that cannot be used holds no contacts. Writing to it will report the fault.
  }
  if (!Array.isArray(stored)) return []
  try {
    return stored.map((each) => addressFromWire(each))
  } catch (error) {
    if (error instanceof MalformedMessage) return []
    throw error
  }
}

/** The folder may be gone: systemd removes XDG_RUNTIME_DIR when its user logs out. */
const pathOf = (port: number): string => join(runtimeFolder(), `contacts-${port}.json`)

export class ContactsFile implements ContactsKeeper {
  readonly #port: number
  readonly #queue = new PQueue({ concurrency: 1 })
  #latest: readonly Address[] | undefined
  #written: readonly Address[] | undefined
  readonly #onTrouble: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined

  /** @param onTrouble is told each time why contacts could not be written. */
  constructor(port: number, onTrouble: (error: unknown) => void) {
    this.#port = port
    this.#onTrouble = onTrouble
    removeStaleFiles(Date.now())
  }

  get contacts(): readonly Address[] {
    return rememberedAt(this.#port)
  }

  remember(contacts: readonly Address[]): void {
    this.#latest = contacts
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#queue.add(() => {
        this.#write()
      })
    }, settleMs).unref()
  }

  rememberAgain(): void {
    const contacts = this.#latest ?? this.#written
    if (contacts !== undefined) this.remember(contacts)
  }

  /** What was not written yet. */
  close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#write()
    return Promise.resolve()
  }

  #write(): void {
    if (this.#latest === undefined) return
    try {
      writePrivateJson(pathOf(this.#port), this.#latest)
      this.#written = this.#latest
      this.#latest = undefined
    } catch (error) {
      // Contacts help the next start; this run does not need the file.
      this.#onTrouble(error)
    }
  }
}
