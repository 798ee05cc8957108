/** An etcd of one's own: the real one, on free ports of this machine, in a folder that goes with it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePort } from '@jwp/transport'

export class EtcdProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jwp-etcd-'))
  readonly #argv: readonly string[]
  readonly url: string
  #child: ChildProcess | undefined
  #printed = ''

  /** @throws Error when it is not installed, which fails a test: without an etcd nothing here is shown. */
  static async start(): Promise<EtcdProcess> {
    if (spawnSync('etcd', ['--version']).error !== undefined)
      throw new Error('etcd is not installed: apt-get install etcd-server (see CONTRIBUTING.md)')
    const etcd = new EtcdProcess(await freePort(), await freePort())
    await etcd.start()
    return etcd
  }

  private constructor(clientPort: number, peerPort: number) {
    const [client, peer] = [clientPort, peerPort].map((port) => `http://127.0.0.1:${port}`)
    this.url = client!
    this.#argv = [
      ...['--name', 'only', '--data-dir', join(this.#folder, 'data')],
      ...['--listen-client-urls', client!, '--advertise-client-urls', client!],
      ...['--listen-peer-urls', peer!, '--initial-advertise-peer-urls', peer!],
      ...['--initial-cluster', `only=${peer!}`],
    ]
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn('etcd', this.#argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#printed = (this.#printed + chunk.toString()).slice(-4_000)))
    this.#child = child
    await eventually(`etcd answers\n${this.#printed}`, async () => (await this.#answers()) || undefined)
  }

  /** SIGKILL; its data stays. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async end(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #answers(): Promise<boolean> {
    try {
      const { health } = (await (await fetch(`${this.url}/health`)).json()) as { health?: string }
      return health === 'true'
    } catch {
      return false
    }
  }
}
