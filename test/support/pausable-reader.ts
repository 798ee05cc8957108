/** A client by hand that can stop reading its socket. It keeps the numbers of what it got, not the content. */
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import type { Line } from './line-client.js'

export class PausableReader {
  /** `k` of each activity, as it came. */
  readonly got: number[] = []
  /** Everything that is no broadcast, with how many broadcasts had come before it. */
  readonly said: (Line & { readonly after: number })[] = []
  closed = false
  readonly #socket: Socket

  private constructor(t: ExecutionContext, port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => (this.closed = true))
    let rest = ''
    this.#socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop()!
      for (const line of lines) this.#take(JSON.parse(line) as Line)
    })
    t.teardown(() => this.#socket.destroy())
  }

  /** Logged in; `features` and `resume` as in the protocol. */
  static async login(t: ExecutionContext, port: number, more: object = {}): Promise<PausableReader> {
    const reader = new PausableReader(t, port)
    reader.#socket.write(`${JSON.stringify({ command: 'LOGIN', username: 'anonymous', ...more })}\n`)
    await eventually('it is logged in', () => reader.said[0])
    return reader
  }

  get welcome(): Line {
    return this.said[0]!
  }

  stopReading(): void {
    this.#socket.pause()
  }

  readAgain(): void {
    this.#socket.resume()
  }

  leave(): void {
    this.#socket.destroy()
  }

  #take(line: Line): void {
    const { command, activity } = line
    if (command === 'ACTIVITY_BROADCAST') this.got.push((activity as { k: number }).k)
    else this.said.push({ ...line, after: this.got.length })
  }
}

/** `from`, `from + 1`, … `to`. */
export function run(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** The numbers as the runs they are made of: `1-120 29000-30000`. What should be thousands in order reads well when it is not. */
export function inRuns(numbers: readonly number[]): string {
  const runs: string[] = []
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    to = from + 1
    while (to < numbers.length && numbers[to] === numbers[to - 1]! + 1) to++
    runs.push(to === from + 1 ? `${numbers[from]}` : `${numbers[from]}-${numbers[to - 1]}`)
  }
  return runs.join(' ')
}
