/** `jwp` in a pseudo-terminal, and what a person sees there. Needs `script` of util-linux, as every Debian has it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '@jwp/transport'
import { VirtualTerminal } from './virtual-terminal.js'

const jwpScript = fileURLToPath(new URL('../../../bin/jwp.js', import.meta.url))

const defaultLimitMs = 30_000

export class TerminalSession {
  readonly #child: ChildProcess
  readonly #terminal: VirtualTerminal
  /** The exit code. */
  readonly ended: Promise<number | null>

  constructor(
    words: readonly string[],
    options: { readonly columns: number; readonly environment: Readonly<Record<string, string>> },
  ) {
    const rows = 40
    this.#terminal = new VirtualTerminal(options.columns, rows)
    const command = [process.execPath, jwpScript, ...words].map((word) => `'${word}'`).join(' ')
    this.#child = spawn(
      'script',
      ['-qefc', `stty cols ${options.columns} rows ${rows}; exec ${command}`, '/dev/null'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh', ...options.environment },
      },
    )
    this.#child.stdout!.on('data', (bytes: Buffer) => void this.#terminal.write(bytes))
    this.#child.stdin!.on('error', () => undefined)
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys)
  }

  /** All that is on the screen, and what has scrolled away. */
  text(): string {
    return this.#terminal.rows().join('\n')
  }

  async shows(what: RegExp): Promise<void> {
    const isThere = (): boolean => what.test(this.text())
    if ((await waitUntil(isThere, { everyMs: 20, limitMs: defaultLimitMs })) === undefined)
      throw new Error(`no ${what} in:\n${this.text()}`)
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}
