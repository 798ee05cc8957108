/**
 * One end of a connection that speaks JSON lines. What comes in is parsed line by line; what goes out is finished
 * lines, and the same buffer may be written to many connections.
 */
import type { Socket } from 'node:net'
import { maxLineBytes } from '@jwp/protocol'
import { LineSplitter, LineTooLong } from './line-splitter.js'
import { parseLine, parseUtf8Line, type ParsedLine } from './parse-json.js'
import { decodeModifiedUtf8, WriteUtfSplitter } from './write-utf-splitter.js'

export interface LineConnectionOptions {
  /** How the other end frames what it sends; what we send is plain lines in both dialects. */
  readonly dialect: 'lines' | 'write-utf'
  /** Longest line taken in, in bytes. Each connection may hold one such line. */
  readonly maxLineBytes?: number
  /** Send buffer above which `onBlocked` is called, in bytes. Raise: fewer pauses. Lower: less memory per slow reader. */
  readonly highWaterBytes?: number
}

/** The other end reads our last words within this time, or does not. */
const lingerMs = 2_000

export class LineConnection {
  /** One line, parsed: any JSON value. */
  onValue: ((value: unknown) => void) | undefined
  /** A line that could not be read; the words are the protocol's. The connection is still open. */
  onGarbled: ((info: string) => void) | undefined
  /** Once, when the other end or the network has ended the connection. */
  onClosed: (() => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly dialect: 'lines' | 'write-utf'
  readonly remoteHost: string
  readonly #socket: Socket
  readonly #splitter: LineSplitter | WriteUtfSplitter
  readonly #highWaterBytes: number
  #blocked = false
  #held = false
  #closed = false
  /** Complete lines that came while reading was paused, or before anybody listened. */
  #waiting: ParsedLine[] = []
  #hasEnded = false

  constructor(socket: Socket, options: LineConnectionOptions) {
    this.#socket = socket
    this.dialect = options.dialect
    this.remoteHost = socket.remoteAddress ?? ''
    this.#splitter =
      options.dialect === 'lines'
        ? new LineSplitter(options.maxLineBytes ?? maxLineBytes)
        : new WriteUtfSplitter()
    this.#highWaterBytes = options.highWaterBytes ?? 1_048_576
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#received(() => this.#splitter.push(chunk))
    })
    socket.on('end', () => {
      this.#received(() => this.#splitter.end())
      this.#hasEnded = true
      this.#endIfDone()
    })
    socket.on('error', () => {
      this.#gone()
    })
    socket.on('close', () => {
      this.#gone()
    })
    socket.on('drain', () => {
      if (!this.#blocked) return
      this.#blocked = false
      if (!this.#closed) this.onDrained?.()
    })
  }

  get blocked(): boolean {
    return this.#blocked
  }

  /** Finished lines, as bytes. The buffer is not copied: do not change it afterwards. */
  write(lines: Uint8Array): void {
    if (this.#closed) return
    this.#socket.write(lines)
    if (this.#blocked || this.#socket.writableLength <= this.#highWaterBytes) return
    this.#blocked = true
    this.onBlocked?.()
  }

  writeCommand(command: object): void {
    this.write(Buffer.from(`${JSON.stringify(command)}\n`))
  }

  /** Stops reading. Lines that are here already wait, in order, for `release`. */
  hold(): void {
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    this.#hand()
    if (!this.#held && !this.#closed) this.#socket.resume()
    this.#endIfDone()
  }

  /** Sends what was written, then ends. Nothing is reported afterwards; what still comes in is thrown away. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    const socket = this.#socket
    socket.end()
    // Reading on keeps the system from answering their next line with a reset, which would take our last words with it.
    socket.resume()
    const linger = setTimeout(() => socket.destroy(), lingerMs)
    linger.unref()
    socket.once('close', () => {
      clearTimeout(linger)
    })
  }

  #received(split: () => Buffer[]): void {
    if (this.#closed) return
    let lines: Buffer[]
    try {
      lines = split()
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error
      this.#waiting.push({ ok: false, info: error.message })
      this.#socket.pause()
      this.#hand()
      return
    }
    for (const line of lines) {
      const parsed = this.#parse(line)
      if (parsed !== undefined) this.#waiting.push(parsed)
    }
    this.#hand()
  }

  #parse(line: Buffer): ParsedLine | undefined {
    if (this.dialect === 'lines') return isBlank(line) ? undefined : parseUtf8Line(line)
    try {
      const text = decodeModifiedUtf8(line).trim()
      return text === '' ? undefined : parseLine(text)
    } catch {
      return { ok: false, info: 'JSON parse error while parsing message: not modified UTF-8' }
    }
  }

  #hand(): void {
    if (this.onValue === undefined && this.onGarbled === undefined) return
    let handed = 0
    while (handed < this.#waiting.length && !this.#held && !this.#closed) {
      const parsed = this.#waiting[handed++]!
      if (parsed.ok) this.onValue?.(parsed.value)
      else this.onGarbled?.(parsed.info)
    }
    this.#waiting = handed === this.#waiting.length ? [] : this.#waiting.slice(handed)
  }

  /**
   * They will send no more, and all that they sent was handled. They may still read (`printf … | nc`), so the end is
   * reported on a later turn, when the answers of this one are written.
   */
  #endIfDone(): void {
    if (!this.#hasEnded || this.#closed || this.#waiting.length > 0 || this.#held) return
    setImmediate(() =>
      setImmediate(() => {
        if (this.#closed || this.#held || this.#waiting.length > 0) return
        this.#closed = true
        this.#socket.end()
        this.onClosed?.()
      }),
    )
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    this.#socket.destroy()
    this.onClosed?.()
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09) return false
  return true
}
