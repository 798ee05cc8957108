/** A client that speaks the plain protocol by hand, as those written by others do. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'

export type Line = Readonly<Record<string, unknown>>

export class LineClient {
  readonly lines: Line[] = []
  closed = false
  readonly #socket: Socket

  /** @param ca with TLS, if the server's certificate is signed by this */
  constructor(t: ExecutionContext, port: number, ca?: string) {
    this.#socket = ca === undefined ? connect(port, '127.0.0.1') : connectTls({ host: '127.0.0.1', port, ca })
    this.#socket.on('error', () => undefined)
    let rest = ''
    this.#socket.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n')
      rest = parts.pop()!
      for (const part of parts) if (part.trim() !== '') this.lines.push(JSON.parse(part) as Line)
    })
    this.#socket.on('close', () => (this.closed = true))
    t.teardown(() => this.#socket.destroy())
  }

  say(command: object): void {
    this.#socket.write(`${JSON.stringify(command)}\n`)
  }

  /** The first line with this command that has not been taken yet. */
  take(command: string): Promise<Line> {
    return eventually(`${command} comes`, () => {
      const at = this.lines.findIndex((line) => line['command'] === command)
      return at === -1 ? undefined : this.lines.splice(at, 1)[0]
    })
  }

  /** Says it, and takes the answer, whatever it is. */
  async ask(command: object): Promise<Line> {
    const before = this.lines.length
    this.say(command)
    return eventually(`an answer to ${JSON.stringify(command)}`, () => this.lines[before])
  }

  untilClosed(): Promise<true> {
    return eventually('the server closes', () => (this.closed ? true : undefined))
  }
}
