/** A machine that can sleep, and whose calendar can be set, as one JWP process sees it (`sleeper.ts`). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JwpProcess } from './real-network.js'

const sleeper = new URL('sleeper.js', import.meta.url).href

export class SleepingMachine {
  readonly #file: string

  constructor(folder: string, name: string) {
    this.#file = join(folder, `${name}-slept-ms`)
  }

  /** For a process that is to run on it. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${sleeper}`, JWP_TEST_SLEPT_MS: this.#file }
  }

  /** The process stands still meanwhile. Below 0: the machine did not sleep, its calendar is set back. */
  sleep({ child }: JwpProcess, ms: number): void {
    writeFileSync(this.#file, String(ms))
    child.kill('SIGSTOP')
    child.kill('SIGUSR2')
    child.kill('SIGCONT')
  }
}
