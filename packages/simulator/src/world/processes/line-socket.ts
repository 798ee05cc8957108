/** JSON lines over one connection, as a shell frames them: bytes out, whole lines in. */
import type { Platform } from '@jwp/protocol'
import type { Connection, ConnectionEnd, Side } from '../network/connection.js'

export interface LineHandler {
  line(text: string): void
  closed(info: string): void
  /** We have closed it, and this is how it has ended at the other side. */
  over?(info: string): void
}

export class LineSocket implements ConnectionEnd {
  readonly connection: Connection
  readonly #side: Side
  readonly #platform: Platform
  readonly #handler: LineHandler
  #out = ''
  #isPaused = false
  /** Not read while paused: lines, then perhaps the end. */
  #unread: (() => void)[] = []

  constructor(connection: Connection, side: Side, platform: Platform, handler: LineHandler) {
    this.connection = connection
    this.#side = side
    this.#platform = platform
    this.#handler = handler
  }

  writeLine(text: string): void {
    this.#out += `${text}\n`
  }

  writeChunks(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#out += this.#platform.decodeUtf8(chunk)
  }

  flush(): void {
    if (this.#out === '') return
    this.connection.send(this.#side, this.#out)
    this.#out = ''
  }

  close(): void {
    this.flush()
    this.connection.closeFrom(this.#side)
  }

  /** Stop reading. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    while (!this.#isPaused) {
      const read = this.#unread.shift()
      if (read === undefined) return
      read()
    }
  }

  arrived(frame: unknown): void {
    const lines = (frame as string).split('\n')
    lines.pop()
    for (const line of lines) this.#read(() => this.#handler.line(line))
  }

  closed(info: string): void {
    this.#read(() => this.#handler.closed(info))
  }

  over(info: string): void {
    this.#handler.over?.(info)
  }

  #read(read: () => void): void {
    if (this.#isPaused) this.#unread.push(read)
    else read()
  }
}
