/** A plain client in a process of its own (`plain-reader.ts`). */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { secretOf } from './named-clients.js'

const program = fileURLToPath(new URL('plain-reader.js', import.meta.url))

export class PlainProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #printed = ''

  /** Logged in under this name. */
  static async start(t: ExecutionContext, port: number, username: string): Promise<PlainProcess> {
    const started = new PlainProcess(t, [String(port), username, secretOf(username)])
    await started.untilPrinted('LOGIN_SUCCESS')
    return started
  }

  private constructor(t: ExecutionContext, argv: readonly string[]) {
    const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()))
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()))
    t.teardown(() => this.kill())
  }

  untilPrinted(line: string): Promise<true> {
    return eventually(`a plain client prints ${line}`, () => (this.#has(line) ? true : undefined))
  }

  /** It reads nothing any more; its system goes on taking in what comes. */
  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Something has come that it has not read. */
  untilUnread(): Promise<true> {
    const port = Number(/^port (\d+)$/m.exec(this.#printed)![1])
    return eventually('something is unread', () => (unreadBytes(port) > 0 ? true : undefined))
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #has(line: string): boolean {
    return this.#printed.split('\n').includes(line)
  }
}

/** As the system's table has it, of the end of a connection with this port of this machine. */
function unreadBytes(port: number): number {
  for (const row of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local = '', , , queues = ''] = row.trim().split(/\s+/)
    if (Number.parseInt(local.split(':')[1] ?? '', 16) !== port) continue
    return Number.parseInt(queues.split(':')[1] ?? '', 16)
  }
  return 0
}
