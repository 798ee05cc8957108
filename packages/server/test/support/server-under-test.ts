/** Servers in this process, on free ports, with a runtime folder of their own; and clients that speak by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type RunningServer, type ServerProcessOptions } from '@jwp/server'
import { eventually } from '@jwp/transport'
import type { ExecutionContext } from 'ava'

const folder = mkdtempSync(join(tmpdir(), 'jwp-server-test-'))
process.env['JWP_RUNTIME_DIR'] = folder
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true })
})

export const runtimeFolderOfTest = folder

/** A server without a clock (hybrid time is good enough here). Ended after the test. */
export async function serve(
  t: ExecutionContext,
  options: Partial<ServerProcessOptions> = {},
): Promise<RunningServer> {
  const server = await startServer({
    listenPort: 0,
    balance: false,
    clock: { host: 'localhost', port: 1 },
    log: { silent: true },
    ...options,
  })
  t.teardown(() => {
    server.kill()
  })
  return server
}

/** One that joins another, attached. */
export async function serveBelow(
  t: ExecutionContext,
  parent: RunningServer,
  options: Partial<ServerProcessOptions> = {},
): Promise<RunningServer> {
  const server = await serve(t, { remote: { host: 'localhost', port: parent.port }, ...options })
  await eventually('it is attached', () => server.status().role === 'child' || undefined)
  return server
}

export type Line = Readonly<Record<string, unknown>>

export class Talker {
  readonly socket: Socket
  /** Lines that nobody has taken yet. */
  readonly lines: Line[] = []
  closed = false
  readonly #writeUtf: boolean

  constructor(t: ExecutionContext, { port }: { port: number }, { writeUtf = false } = {}) {
    this.#writeUtf = writeUtf
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    let rest = ''
    this.socket.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n')
      rest = parts.pop()!
      for (const part of parts) this.lines.push(JSON.parse(part) as Line)
    })
    this.socket.on('close', () => (this.closed = true))
    t.teardown(() => this.socket.destroy())
  }

  raw(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  say(command: object): void {
    const line = Buffer.from(`${JSON.stringify(command)}\n`)
    if (!this.#writeUtf) return this.raw(line)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(line.length)
    this.raw(Buffer.concat([length, line]))
  }

  next(): Promise<Line> {
    return eventually('a line comes', () => this.lines.shift())
  }

  ask(command: object): Promise<Line> {
    this.say(command)
    return this.next()
  }

  async loginAnonymously(): Promise<this> {
    await this.ask({ command: 'LOGIN', username: 'anonymous' })
    return this
  }

  untilClosed(): Promise<boolean> {
    return eventually('the server closes', () => this.closed || undefined)
  }
}
