/** A network of real `jwp` processes for one test: named by letters, on free ports, gone at the end however it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerStatus } from '@jwp/protocol'
import { eventually, freePort } from '@jwp/transport'
import type { CertificateFiles } from '#certificates'
import type { ExecutionContext } from 'ava'
import { ask } from './ask-http.js'

const jwp = fileURLToPath(new URL('../../../packages/cli/bin/jwp.js', import.meta.url))

export interface JwpProcess {
  readonly letter: string
  readonly port: number
  readonly child: ChildProcess
  readonly argv: readonly string[]
  /** What it has printed so far, both streams. */
  printed(): string
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>
}

export interface ProcessLimits {
  /** No file of the process may grow beyond this: to it, a disk that is full. */
  readonly fileLimitKib?: number
  /** So many files, sockets among them, it may have open. */
  readonly openFiles?: number
  /** It reaches its parent over this port of this machine. */
  readonly throughPort?: number
  /** Beside what it inherits from us. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface StartedServer {
  readonly port: number
  readonly pid: number
}

export class RealNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'jwp-scenario-'))
  readonly servers = new Map<string, JwpProcess>()
  clock: JwpProcess | undefined
  /** What servers are told of the clock, as `--clock` takes it; undefined: where `clock` is. */
  clockPlaces: string | undefined
  /**
   * Servers move clients as they do by default. Most tests are about something else, and want their clients to stay
   * where they put them.
   */
  balance = false
  /** With it all processes speak TLS, each with a certificate of its own. */
  authority: { issue(): CertificateFiles } | undefined
  readonly #all: JwpProcess[] = []
  readonly #ports = new Map<string, number>()
  readonly #t: ExecutionContext

  constructor(t: ExecutionContext) {
    this.#t = t
    t.teardown(() => this.#end())
  }

  /** `jwp clock`, answering. A second call restarts it on the same port and file. */
  async startClock(environment: Readonly<Record<string, string>> = {}): Promise<JwpProcess> {
    const port = this.clock?.port ?? (await freePort())
    const argv = ['clock', '-lp', String(port), '--file', join(this.folder, 'clock.json'), ...this.tlsFlags()]
    this.clock = this.start('clock', port, argv, environment)
    await eventually(`the clock answers`, async () => {
      const answer = await this.#ask(port, '/healthz')
      return answer?.ok === true ? true : undefined
    })
    return this.clock
  }

  /** Where a server will listen that is not started yet. */
  async portFor(letter: string): Promise<number> {
    const port = this.servers.get(letter)?.port ?? this.#ports.get(letter) ?? (await freePort())
    this.#ports.set(letter, port)
    return port
  }

  /** `jwp server` as SCENARIOS.md writes it: the secret is its letter three times; with a parent it names that one. */
  async startServer(
    letter: string,
    parent?: string,
    more: readonly string[] = [],
    limits: ProcessLimits = {},
  ): Promise<JwpProcess> {
    const port = await this.portFor(letter)
    const argv = ['server', '-lp', String(port), '-lh', 'localhost']
    if (parent !== undefined) {
      argv.push(
        '-rh',
        'localhost',
        '-rp',
        String(limits.throughPort ?? this.server(parent).port),
        '-s',
        parent.repeat(3),
      )
    }
    argv.push('-ms', letter.repeat(3), '--clock', this.clockPlaces ?? `localhost:${this.clock?.port ?? 1}`)
    if (!this.balance) argv.push('--no-balance')
    argv.push(...this.tlsFlags(), ...more)
    const server = this.start(letter, port, argv, limits.environment, limits)
    this.servers.set(letter, server)
    await eventually(`${letter} is in the tree`, async () => {
      const status = await this.status(letter)
      return status !== undefined && status.role !== 'orphan' ? true : undefined
    })
    return server
  }

  /** The six-server tree: c's parent is a, d's is b, e's and f's is d. */
  async startSix(more: readonly string[] = []): Promise<void> {
    await this.startClock()
    await this.startServer('a', undefined, more)
    await Promise.all([this.startServer('b', 'a', more), this.startServer('c', 'a', more)])
    await this.startServer('d', 'b', more)
    await Promise.all([this.startServer('e', 'd', more), this.startServer('f', 'd', more)])
  }

  /** Starts a server that keeps its state on the disk, or starts it again with what it has there. */
  startOnDisk(letter: string, parent?: string): Promise<JwpProcess> {
    return this.startServer(letter, parent, ['--data', join(this.folder, `data-${letter}`)])
  }

  /** A new certificate as the commands take it; none without an authority. */
  tlsFlags(files = this.authority?.issue()): string[] {
    return files === undefined ? [] : ['--tls-cert', files.cert, '--tls-key', files.key, '--tls-ca', files.ca]
  }

  /** Any `jwp` command that stays. */
  start(
    letter: string,
    port: number,
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    { fileLimitKib, openFiles }: ProcessLimits = {},
  ): JwpProcess {
    const command = [process.execPath, jwp, ...argv]
    // The shell counts in half kilobytes.
    if (fileLimitKib !== undefined)
      command.unshift('sh', '-c', `ulimit -f ${2 * fileLimitKib}; exec "$0" "$@"`)
    if (openFiles !== undefined) command.unshift('sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`)
    return this.startCommand(letter, port, command, environment, argv)
  }

  /** Any command, with ours in it somewhere. */
  startCommand(
    letter: string,
    port: number,
    command: readonly string[],
    environment: Record<string, string> = {},
    argv = command,
  ): JwpProcess {
    const child = spawn(command[0]!, command.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, JWP_RUNTIME_DIR: this.folder, ...environment },
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const started: JwpProcess = { letter, port, child, argv, printed: () => printed, ended }
    this.#all.push(started)
    return started
  }

  server(letter: string): JwpProcess {
    const server = this.servers.get(letter)
    if (server === undefined) throw new Error(`there is no server ${letter}`)
    return server
  }

  /** SIGKILL, and wait until the system has taken its sockets. */
  async kill(...letters: string[]): Promise<void> {
    const victims = letters.map((letter) => this.server(letter))
    for (const { child } of victims) child.kill('SIGKILL')
    await Promise.all(victims.map((victim) => victim.ended))
  }

  /** SIGKILL to all servers and the clock in the same instant. */
  async killEverything(): Promise<void> {
    const victims = [...this.servers.values(), ...(this.clock === undefined ? [] : [this.clock])]
    for (const { child } of victims) child.kill('SIGKILL')
    await Promise.all(victims.map((victim) => victim.ended))
  }

  async status(letter: string): Promise<ServerStatus | undefined> {
    const answer = await this.#ask(this.server(letter).port, '/status')
    return answer && (JSON.parse(answer.text) as ServerStatus)
  }

  /** What `/metrics` shows, by name; those with labels are left out. */
  async metrics(letter: string): Promise<Readonly<Record<string, number>>> {
    const answer = await this.#ask(this.server(letter).port, '/metrics')
    const lines = (answer?.text ?? '').matchAll(/^(\w+) ([-\d.e+]+)$/gm)
    return Object.fromEntries([...lines].map(([, name, value]) => [name!, Number(value)]))
  }

  /** Who hangs from whom, as letters: `a`, `b<a`, … for the servers named. */
  async shape(...letters: string[]): Promise<string> {
    const statuses = await Promise.all(letters.map((letter) => this.status(letter)))
    return statuses
      .map((status, i) => {
        if (status === undefined) return `${letters[i]}?`
        if (status.role !== 'child') return status.role === 'root' ? letters[i] : `${letters[i]}~`
        return `${letters[i]}<${this.#letterAt(status.parent?.port)}`
      })
      .join(' ')
  }

  /** Waits until the tree has this shape, e.g. `a c<a d<a e<d f<d`. */
  async untilShape(shape: string): Promise<void> {
    const letters = shape.split(' ').map((word) => word[0]!)
    let last = ''
    try {
      await eventually(`the tree is ${shape}`, async () =>
        (last = await this.shape(...letters)) === shape ? true : undefined,
      )
    } catch {
      throw new Error(`the tree is ${last} instead of ${shape}\n${this.logs()}`)
    }
  }

  /** Waits until these servers are one tree, under whichever root; returns the root's letter. */
  untilOneTree(...letters: string[]): Promise<string> {
    return eventually(`${letters.join(', ')} are one tree`, async () => {
      const statuses = await Promise.all(letters.map((letter) => this.status(letter)))
      if (statuses.some((status) => status === undefined || status.role === 'orphan')) return undefined
      const roots = letters.filter((_, i) => statuses[i]!.role === 'root')
      const tops = new Set(
        statuses.map((status) => (status!.role === 'root' ? status!.id : status!.ancestry.at(-1)?.id)),
      )
      return roots.length === 1 && tops.size === 1 ? roots[0] : undefined
    })
  }

  /** Servers that our servers have started, as the keyring knows them; the dead ones may still be in it. */
  started(): StartedServer[] {
    return readdirSync(this.folder)
      .filter((file) => /^server-\d+\.json$/.test(file))
      .flatMap((file) => {
        try {
          return [JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as StartedServer]
        } catch {
          // It has just ended.
          return []
        }
      })
      .filter(({ port }) => this.#all.every((each) => each.port !== port))
  }

  logs(): string {
    return this.#all.map((each) => `--- ${each.letter}\n${each.printed()}`).join('\n')
  }

  /** They outlive their starters, and all starters are dead by now: no more will come. */
  async #endStarted(): Promise<void> {
    for (const { pid } of this.started()) {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL')
      await eventually('a started server has ended', () => (isRunning(pid) ? undefined : true))
    }
  }

  #ask(port: number, path: string): ReturnType<typeof ask> {
    return ask({ port, path, tls: this.authority !== undefined })
  }

  #letterAt(port: number | undefined): string {
    for (const { letter, port: other } of this.servers.values()) if (other === port) return letter
    return '?'
  }

  async #end(): Promise<void> {
    if (!this.#t.passed) this.#t.log(this.logs().slice(-8_000))
    for (const { child } of this.#all) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
    await Promise.all(this.#all.map((each) => each.ended))
    await this.#endStarted()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
