/** A plain socket, for what no JWP client would ever send. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { until } from '@jwp/transport'
import { localhost } from './test-port.js'

export class RawClient {
  readonly socket: Socket
  /** Below TLS, if that is spoken; else the same. */
  readonly #raw: Socket
  #received = Buffer.alloc(0)
  hasEnded = false
  isClosed = false
  wasReset = false

  /** @param tls with TLS, and whatever certificate the other end shows */
  constructor(t: ExecutionContext, port: number, { tls = false } = {}) {
    this.#raw = connect({ host: localhost, port, allowHalfOpen: true, noDelay: true })
    this.socket = tls ? connectTls({ socket: this.#raw, rejectUnauthorized: false }) : this.#raw
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    this.socket.on('end', () => {
      this.hasEnded = true
    })
    this.socket.on('error', () => {
      this.wasReset = true
    })
    this.socket.on('close', () => {
      this.isClosed = true
    })
    t.teardown(() => {
      this.socket.destroy()
    })
  }

  get text(): string {
    return this.#received.toString()
  }

  get lines(): unknown[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown)
  }

  /** Each piece in a packet of its own, as far as that can be had. */
  async write(...pieces: (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.socket.write(piece, resolve))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  end(): void {
    this.socket.end()
  }

  reset(): void {
    this.#raw.resetAndDestroy()
  }

  async lineCount(count: number): Promise<unknown[]> {
    await until(() => this.lines.length >= count || this.isClosed)
    return this.lines
  }

  async ended(): Promise<string> {
    await until(() => this.hasEnded || this.isClosed)
    return this.text
  }
}
