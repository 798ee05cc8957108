/** Some `jwp` processes that see each other and no others, and are all gone at the end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@jwp/transport'
import { runJwp, startJwp, type Ended, type Running } from './run-jwp.js'

/** On an idle machine. */
const defaultLimitMs = 30_000
const lookEveryMs = 20

export class JwpSession {
  readonly folder = mkdtempSync(join(tmpdir(), 'jwp-test-'))
  #running: Running[] = []

  /** What its commands find in their environment. */
  get environment(): Readonly<Record<string, string>> {
    return { JWP_RUNTIME_DIR: this.folder }
  }

  /** A command that ends by itself. `line`: what a user would type after `jwp`. */
  run(line: string, environment: Record<string, string> = {}, input = ''): Promise<Ended> {
    return runJwp(line.split(' '), { environment: { ...this.environment, ...environment }, input })
  }

  /** A command that stays. */
  start(line: string, environment: Record<string, string> = {}): Running {
    const running = startJwp(line.split(' '), {
      environment: { ...this.environment, ...environment },
    })
    this.#running.push(running)
    return running
  }

  /** A command that stays. Resolves when it has printed the text. */
  async startUntil(line: string, text: RegExp, environment: Record<string, string> = {}): Promise<Running> {
    const running = this.start(line, environment)
    await this.until(running, text, line)
    return running
  }

  /** Resolves when it has printed the text. */
  async until(running: Running, text: RegExp, line = ''): Promise<void> {
    let ended: Ended | undefined
    void running.ended.then((how) => (ended = how))
    const isOver = (): boolean => text.test(running.printed()) || ended !== undefined
    await waitUntil(isOver, { everyMs: lookEveryMs, limitMs: defaultLimitMs })
    if (text.test(running.printed())) return
    if (ended) throw new Error(`jwp ${line} ended with ${ended.exitCode}: ${running.printed()}`)
    throw new Error(`jwp ${line} says only: ${running.printed()}`)
  }

  /** Runs a command again and again until it prints the text. */
  async runUntil(line: string, text: RegExp): Promise<void> {
    let said = ''
    const says = async (): Promise<boolean> => {
      const { stdout, stderr } = await this.run(line)
      said = stdout + stderr
      return text.test(said)
    }
    if ((await waitUntil(says, { everyMs: lookEveryMs, limitMs: defaultLimitMs })) === undefined)
      throw new Error(`jwp ${line} says: ${said}`)
  }

  async close(): Promise<void> {
    for (const { child } of this.#running) child.kill('SIGKILL')
    await Promise.all(this.#running.map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
