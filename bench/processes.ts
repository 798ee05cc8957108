/** Real `jwp` processes for the figures: started, asked, measured and ended by their own id. */
import { freePort } from '@jwp/transport'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const jwp = fileURLToPath(new URL('../../packages/cli/bin/jwp.js', import.meta.url))
/** The kernel counts processor time in hundredths of a second. */
const ticksPerSecond = 100

/** Where a server listens, and under which address others know it. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly advertised: { readonly host: string; readonly port: number }
}

export interface ServerProcess {
  readonly port: number
  readonly place: Place | undefined
  readonly child: ChildProcess
}

export interface PeerClockProcess {
  readonly port: number
  readonly child: ChildProcess
}

interface Status {
  readonly role: 'root' | 'child' | 'orphan'
  readonly children: readonly unknown[]
}

export class BenchNetwork {
  readonly servers: ServerProcess[] = []
  readonly #children: ChildProcess[] = []
  readonly folder = mkdtempSync(join(tmpdir(), 'jwp-bench-'))
  clockPort = 0

  async startClock(): Promise<void> {
    this.clockPort = await freePort()
    this.#spawn([
      'clock',
      '-lp',
      String(this.clockPort),
      '--file',
      join(this.folder, `clock-${this.clockPort}.json`),
    ])
    await until(() => answers(this.clockPort), 'the clock answers')
  }

  /** One of several clocks; `port`: where it was before. Resolves when it leads or knows who does. */
  async startPeerClock(etcdUrl: string, port?: number): Promise<PeerClockProcess> {
    const at = port ?? (await freePort())
    const child = this.#spawn(['clock', '-lp', String(at), '--peers', etcdUrl])
    await until(() => answers(at), 'one of several clocks answers')
    return { port: at, child }
  }

  /**
   * `parent`: index of the server to join; undefined for the first. `more`: further flags. `place`: undefined for any
   * free port of all addresses.
   */
  async startServer(
    parent: number | undefined,
    more: readonly string[] = [],
    place?: Place,
  ): Promise<ServerProcess> {
    const port = place?.port ?? (await freePort())
    const join = parent === undefined ? [] : joinFlags(this.servers[parent]!)
    const child = this.#spawn([
      'server',
      '-lp',
      String(port),
      '-ms',
      'bench',
      // Figures compare runs: clients stay where they are put.
      '--no-balance',
      '--clock',
      `localhost:${this.clockPort}`,
      ...join,
      ...(place === undefined ? [] : placeFlags(place)),
      ...more,
    ])
    const server = { port, place, child }
    this.servers.push(server)
    await until(
      async () => (await statusOf(port, place?.host))?.role === (parent === undefined ? 'root' : 'child'),
      `server ${port} is attached`,
    )
    return server
  }

  kill(server: ServerProcess): void {
    server.child.kill('SIGKILL')
  }

  /** Processor seconds that these servers have used so far, user and system. */
  cpuSeconds(): number {
    let ticks = 0
    for (const { child } of this.servers) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      ticks += Number(fields[11]) + Number(fields[12])
    }
    return ticks / ticksPerSecond
  }

  async end(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(this.#children.map((child) => gone(child)))
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawn(argv: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [jwp, ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, JWP_RUNTIME_DIR: this.folder },
    })
    // Shown only if it ends by itself: a bench that fails silently measures nothing.
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000)
    })
    child.once('exit', (code, signal) => {
      if (signal === null) process.stderr.write(`jwp ${argv.join(' ')} ended with ${code}\n${said}\n`)
    })
    this.#children.push(child)
    return child
  }
}

function joinFlags({ port, place }: ServerProcess): string[] {
  const { host, port: known } = place?.advertised ?? { host: 'localhost', port }
  return ['-rh', host, '-rp', String(known), '-s', 'bench']
}

const placeFlags = ({ host, advertised }: Place): string[] => [
  ...['--bind', host, '--advertise', `${advertised.host}:${advertised.port}`],
]

export async function statusOf(port: number, host = '127.0.0.1'): Promise<Status | undefined> {
  try {
    return (await (await fetch(`http://${host}:${port}/status`)).json()) as Status
  } catch {
    return undefined
  }
}

/** @throws Error when it does not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 15_000,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await pause(10)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  } catch {
    return false
  }
}

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
