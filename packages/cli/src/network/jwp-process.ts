/**
 * One `jwp` process of ours, started as a child.
 *
 * It is a process group of its own, so that Ctrl-C on the terminal reaches only the supervisor, which then ends
 * its children in a sensible order. Its IPC channel is what keeps it from becoming an orphan: the system closes
 * the channel when the supervisor ends, however it ends, and the child leaves.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { supervisedMessageOf, type SupervisedMessage } from '../run/supervision.js'

const jwpScript = fileURLToPath(new URL('../../bin/jwp.js', import.meta.url))

/** What a failed child said last is worth keeping; more is not. */
const keptLines = 20

export interface JwpProcessOptions {
  /** For messages, e.g. `server b`. */
  readonly label: string
  readonly argv: readonly string[]
  /** Secrets go this way: a process list shows arguments to every user. */
  readonly environment?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
}

export class JwpProcess {
  readonly label: string
  /** Resolves when the child listens; rejects with what it said when it ends before that. */
  readonly listening: Promise<void>
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>
  #child: ChildProcess
  #isGone = false
  #lastLines: string[] = []
  #failure: Extract<SupervisedMessage, { type: 'failed' }> | undefined

  constructor(options: JwpProcessOptions) {
    this.label = options.label
    this.#child = spawn(process.execPath, [jwpScript, ...options.argv], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...options.environment },
    })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
        this.#lastLines = [...this.#lastLines, line].slice(-keptLines)
        options.onLine?.(line)
      })
    }
    this.ended = new Promise((resolve) => {
      const gone = (): void => {
        this.#isGone = true
        resolve()
      }
      this.#child.once('close', gone)
      this.#child.once('error', gone)
    })
    this.listening = new Promise((resolve, reject) => {
      this.#child.on('message', (value) => {
        const message = supervisedMessageOf(value)
        if (message?.type === 'listening') resolve()
        if (message?.type === 'failed') {
          this.#failure = message
          reject(this.#startFailure())
        }
      })
      void this.ended.then(() => reject(this.#startFailure()))
    })
    // A caller that does not wait for `listening` learns of the end from `ended`.
    this.listening.catch(() => undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Asks it to leave in order, and resolves when it is gone. After `patienceMs` it is killed. */
  async leave(limitMs: number): Promise<void> {
    if (this.#isGone) return
    this.#child.kill('SIGTERM')
    const killTimer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs)
    await this.ended
    clearTimeout(killTimer)
  }

  /** SIGKILL: the process is gone between two instructions, as in a crash. */
  kill(): void {
    if (!this.#isGone) this.#child.kill('SIGKILL')
  }

  /** SIGSTOP: it stands still, and its sockets stay open, until `resume`. */
  pause(): void {
    if (!this.#isGone) this.#child.kill('SIGSTOP')
  }

  resume(): void {
    if (!this.#isGone) this.#child.kill('SIGCONT')
  }

  #startFailure(): CliFailure {
    const said = this.#failure?.message ?? this.#lastLines.at(-1) ?? 'it said nothing'
    return new CliFailure(`${this.label} did not start: ${said}`, {
      ...(this.#failure?.advice === undefined ? {} : { advice: this.#failure.advice }),
      exitCode: this.#failure?.exitCode ?? exitCodes.failed,
    })
  }
}
