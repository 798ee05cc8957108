/** How many descriptors this process has open, found cheaply however many they are. */
import { readdirSync, statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** A listing of 8,000 descriptors stops the process for 8 ms. */
const listedEveryMs = 60_000

/** What the system tells of the folder that has one file per descriptor. */
export interface DescriptorFolder {
  readonly size: () => number
  readonly list: () => readonly string[]
}

const ofThisProcess: DescriptorFolder = {
  size: () => statSync('/proc/self/fd').size,
  list: () => readdirSync('/proc/self/fd'),
}

export class OpenDescriptors {
  readonly #folder: DescriptorFolder
  readonly #nowMs: () => number
  #listed: { readonly count: number; readonly atMs: number } | undefined

  constructor(folder = ofThisProcess, nowMs = () => performance.now()) {
    this.#folder = folder
    this.#nowMs = nowMs
  }

  /** NaN where the system does not tell. Before Linux 6.2 the answer is up to a minute old. */
  count(): number {
    try {
      // Since Linux 6.2 the folder's size is their number; before, it is 0.
      return this.#folder.size() || this.#countListed()
    } catch {
      return NaN
    }
  }

  #countListed(): number {
    const nowMs = this.#nowMs()
    if (this.#listed === undefined || nowMs - this.#listed.atMs >= listedEveryMs)
      // The listing itself has one open.
      this.#listed = { count: this.#folder.list().length - 1, atMs: nowMs }
    return this.#listed.count
  }
}
