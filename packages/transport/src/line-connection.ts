/**
 * One end of a connection that speaks JSON lines. What comes in is parsed line by line; what goes out is finished
 * lines, and the same buffer may be written to many connections.
 */
import type { Socket } from 'node:net'
import { maxLineBytes } from '@jwp/protocol'
import { endSoon } from './end-soon.js'
import { LineSplitter, type Splitter } from './line-splitter.js'
import { parseModifiedUtf8Line, parseUtf8Line, type ParsedLine } from './parse-json.js'
import { hostOf } from './socket-facts.js'
import { WriteUtfSplitter } from './write-utf-splitter.js'

export interface LineConnectionOptions {
  /** How the other end frames what it sends; what we send is plain lines in both dialects. */
  readonly dialect: 'lines' | 'write-utf'
  /** Longest line taken in, in bytes. Each connection may hold one such line. Default: 1 MiB. */
  readonly maxLineBytes?: number
  /**
   * Send buffer above which `onBlocked` is called, in bytes. Raise: fewer pauses. Lower: less memory per slow
   * reader. Default: 1 MiB.
   */
  readonly highWaterBytes?: number
  /**
   * How long the other end still gets answers after it has said that it will send no more (`printf … | nc`), in
   * milliseconds. Raise: slower answers reach it. Lower: a client that died is noticed sooner. Default: 250.
   */
  readonly halfOpenMs?: number
  /**
   * After `close()`, a client that takes in none of our last words for so long is cut off, in milliseconds. Raise:
   * for worse lines. Lower: the dead hold their sockets less long. Default: 2,000.
   */
  readonly lingerMs?: number
}

export class LineConnection {
  /**
   * One line, parsed: any JSON value. Set it before the turn ends in which the connection was given to you: what
   * comes while it is unset is lost. `bytes`: its length on the wire.
   */
  onValue: ((value: unknown, bytes: number) => void) | undefined
  /** A line that could not be read; the words are the protocol's. The connection is still open: answer, then close. */
  onGarbled: ((info: string) => void) | undefined
  /** Once, when the other end or the network has ended the connection. */
  onClosed: (() => void) | undefined
  /** More waits to be sent than the high-water mark; write nothing long before `onDrained`. */
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly dialect: 'lines' | 'write-utf'
  readonly remoteHost: string
  readonly #socket: Socket
  readonly #splitter: Splitter
  readonly #parse: (line: Buffer) => ParsedLine
  readonly #highWaterBytes: number
  readonly #halfOpenMs: number
  readonly #lingerMs: number
  #blocked = false
  #held = false
  #closed = false
  /** Complete lines that came while reading was on hold: what was left of one chunk. */
  #waiting: Buffer[] = []
  #isHanding = false
  #toldFlaw = false
  #hasEnded = false
  #farewell: NodeJS.Timeout | undefined

  constructor(socket: Socket, options: LineConnectionOptions) {
    this.#socket = socket
    this.dialect = options.dialect
    this.remoteHost = hostOf(socket)
    const limit = options.maxLineBytes ?? maxLineBytes
    const isPlain = options.dialect === 'lines'
    this.#splitter = isPlain ? new LineSplitter(limit) : new WriteUtfSplitter(limit)
    this.#parse = isPlain ? parseUtf8Line : parseModifiedUtf8Line
    this.#highWaterBytes = options.highWaterBytes ?? 1_048_576
    this.#halfOpenMs = options.halfOpenMs ?? 250
    this.#lingerMs = options.lingerMs ?? 2_000
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) this.#received(this.#splitter.push(chunk))
    })
    socket.on('end', () => {
      if (this.#closed) return
      this.#hasEnded = true
      this.#received(this.#splitter.end())
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

  /** Written, and not taken by the system yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength
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
    if (this.#closed) return
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    if (!this.#held || this.#closed) return
    this.#held = false
    this.#hand()
    // What was handed may have put it on hold again, or closed it.
    if (this.#isStopped()) return
    this.#socket.resume()
    this.#endIfDone()
  }

  /** Sends what was written, then ends. Nothing is reported afterwards; what still comes in is thrown away. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    clearTimeout(this.#farewell)
    endSoon(this.#socket, this.#lingerMs)
    // Reading on keeps the system from answering their next line with a reset, which would take our last words with it.
    this.#socket.resume()
  }

  #received(lines: Buffer[]): void {
    if (this.#waiting.length === 0) this.#waiting = lines
    else for (const line of lines) this.#waiting.push(line)
    this.#hand()
  }

  #hand(): void {
    // A handler that holds and releases gets here again; the loop outside goes on then.
    if (this.#isHanding) return
    this.#isHanding = true
    let handed = 0
    while (handed < this.#waiting.length && !this.#isStopped()) this.#handLine(this.#waiting[handed++]!)
    this.#waiting = handed >= this.#waiting.length ? [] : this.#waiting.slice(handed)
    this.#isHanding = false
    const { flaw } = this.#splitter
    if (flaw === undefined || this.#toldFlaw || this.#isStopped()) return
    this.#toldFlaw = true
    this.onGarbled?.(flaw)
  }

  #handLine(line: Buffer): void {
    if (isBlank(line)) return
    const parsed = this.#parse(line)
    if (parsed.ok) this.onValue?.(parsed.value, line.length)
    else this.onGarbled?.(parsed.info)
  }

  #isStopped(): boolean {
    return this.#held || this.#closed
  }

  /** They will send no more, and all that they sent was handled. Answers that take a moment still reach them. */
  #endIfDone(): void {
    if (!this.#hasEnded || this.#waiting.length > 0 || this.#isStopped()) return
    clearTimeout(this.#farewell)
    this.#farewell = setTimeout(() => {
      if (this.#isStopped()) return
      this.close()
      this.onClosed?.()
    }, this.#halfOpenMs)
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    clearTimeout(this.#farewell)
    this.#socket.destroy()
    this.onClosed?.()
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
  return true
}
