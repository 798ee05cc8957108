/**
 * One end of a connection that speaks JSON lines. What comes in is parsed line by line; what goes out is finished
 * lines, and the same buffer may be written to many connections.
 */
import type { Socket } from 'node:net'
import { commandLine, maxLineBytes, type ClientLine } from '@jwp/protocol'
import { endSoon } from './end-soon.js'
import { isCut, LineSplitter, type Splitter } from './line-splitter.js'
import {
  parseModifiedUtf8Line,
  parseUtf8Line,
  readModifiedUtf8ClientLine,
  readUtf8ClientLine,
} from './parse-json.js'
import { hostOf, reachedAtOf } from './socket-facts.js'
import type { TurnReader, TurnShare } from './turn-share.js'
import { WriteUtfSplitter } from './write-utf-splitter.js'

export interface LineConnectionOptions {
  /** How the other end frames what it sends; what we send is plain lines in both dialects. */
  readonly dialect: 'lines' | 'write-utf'
  /** Longest line taken in, in bytes. Each connection may hold one such line. Default: 1 MiB. */
  readonly maxLineBytes?: number
  /**
   * Take a line above the limit as one that could not be read, of which the end is known, and go on behind it. Default:
   * the connection cannot be understood any more.
   */
  readonly passesLongLines?: boolean
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
   * After `close()`, a client that has been sent all and does not end its side for so long is cut off, in milliseconds;
   * one that leaves us with unsent bytes gets 15 times as long. Raise: for worse lines. Lower: the dead hold their sockets
   * less long. Default: 2,000.
   */
  readonly lingerMs?: number
  /** Shares the turns of the event loop with others. Undefined: with none, what comes is handled at once. */
  readonly turns?: TurnShare | undefined
}

/**
 * Answers that are not read, in send buffers' high-water marks: beyond, the questions are not read any more.
 * Broadcasts stop at one, so that only answers come to so much.
 */
const mostUnsentMarks = 8

export class LineConnection implements TurnReader {
  /**
   * One line, parsed: any JSON value. Set it before the turn ends in which the connection was given to you: what
   * comes while it is unset is lost. `bytes`: its length on the wire.
   */
  onValue: ((value: unknown, bytes: number) => void) | undefined
  /** Instead of `onValue`, for servers: an activity stays as the bytes that came. */
  onClientLine: ((line: ClientLine) => void) | undefined
  /**
   * A line that could not be read; the words are the protocol's. The connection is still open: answer, then close. `line`:
   * what it was, or its end if it was too long; undefined if there is nothing to be read behind it.
   */
  onGarbled: ((info: string, line: Buffer | undefined) => void) | undefined
  /** They have said that they will send no more. `onClosed` follows soon. */
  onEnded: (() => void) | undefined
  /**
   * Once, when the other end or the network has ended the connection. `isReset`: not in order, as when its process is killed
   * while something lies unread in its socket.
   */
  onClosed: ((isReset: boolean) => void) | undefined
  /** Once, after `close()`: how the connection has ended at last. */
  onOver: ((isReset: boolean) => void) | undefined
  /** More waits to be sent than the high-water mark; write nothing long before `onDrained`. */
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly dialect: 'lines' | 'write-utf'
  readonly remoteHost: string
  /** By which address of this machine it has reached us. */
  readonly reachedAt: string
  readonly #socket: Socket
  readonly #splitter: Splitter
  readonly #maxLineBytes: number
  readonly #passesLongLines: boolean
  readonly #highWaterBytes: number
  readonly #halfOpenMs: number
  readonly #lingerMs: number
  #blocked = false
  /** It asks, and takes no answers in. */
  #isChoked = false
  #isPaused = false
  #closed = false
  readonly #turns: TurnShare | undefined
  /** What has come and was not looked at. */
  #chunks: Buffer[] = []
  /** Complete lines of a chunk that were not handled yet, from `#handed` on. */
  #waiting: Buffer[] = []
  #handed = 0
  #isHanding = false
  #tookEnd = false
  #flawReported = false
  #hasEnded = false
  #farewell: NodeJS.Timeout | undefined

  /** Idle for so long, the system looks whether the other end is still there: ten times, a second apart. */
  keepAlive(idleMs: number): void {
    this.#socket.setKeepAlive(true, idleMs)
  }

  constructor(socket: Socket, options: LineConnectionOptions) {
    this.#socket = socket
    this.dialect = options.dialect
    this.remoteHost = hostOf(socket)
    this.reachedAt = reachedAtOf(socket)
    const limit = options.maxLineBytes ?? maxLineBytes
    this.#maxLineBytes = limit
    this.#passesLongLines = options.passesLongLines ?? false
    const isPlain = options.dialect === 'lines'
    this.#splitter = isPlain ? new LineSplitter(limit, this.#passesLongLines) : new WriteUtfSplitter(limit)
    this.#highWaterBytes = options.highWaterBytes ?? 1_048_576
    this.#halfOpenMs = options.halfOpenMs ?? 250
    this.#lingerMs = options.lingerMs ?? 2_000
    this.#turns = options.turns
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed) return
      this.#chunks.push(chunk)
      this.#hand()
    })
    socket.on('end', () => {
      this.#hasEnded = true
      if (this.#closed) return
      this.#hand()
      if (!this.#isClosed()) this.onEnded?.()
    })
    socket.on('error', () => {
      this.#gone(true)
    })
    socket.on('close', () => {
      this.#gone(!this.#hasEnded)
    })
    socket.on('drain', () => {
      if (this.#isChoked) {
        this.#isChoked = false
        this.#hand()
      }
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
    if (this.#socket.writableLength > mostUnsentMarks * this.#highWaterBytes) this.#isChoked = true
    if (this.#blocked || this.#socket.writableLength <= this.#highWaterBytes) return
    this.#blocked = true
    this.onBlocked?.()
  }

  writeCommand(command: object): void {
    this.write(Buffer.from(commandLine(command)))
  }

  /** Stops reading. Lines that are here already wait, in order, for `resume`. */
  pause(): void {
    if (this.#closed) return
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused || this.#closed) return
    this.#isPaused = false
    this.#hand()
  }

  /** Sends what was written, then ends. What still comes in is thrown away; only `onOver` is called afterwards. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#forgetUnread()
    clearTimeout(this.#farewell)
    endSoon(this.#socket, this.#lingerMs)
    // Reading on keeps the system from answering their next line with a reset, which would take our last words with it.
    this.#socket.resume()
  }

  /** One line; for the code that gives turns. */
  step(): boolean {
    if (this.#isStopped()) return false
    this.#isHanding = true
    this.#handNext()
    this.#isHanding = false
    if (this.#hasUnread() && !this.#isStopped()) return true
    this.#adjust()
    return false
  }

  #handNext(): void {
    if (this.#handed < this.#waiting.length) this.#handLine(this.#waiting[this.#handed++]!)
    else if (this.#chunks.length > 0) this.#take(this.#splitter.push(this.#chunks.shift()!))
    else if (this.#hasEnded && !this.#tookEnd) {
      this.#tookEnd = true
      this.#take(this.#splitter.end())
    }
    if (this.#handed >= this.#waiting.length) this.#reportFlaw()
  }

  #take(lines: Buffer[]): void {
    this.#waiting = lines
    this.#handed = 0
  }

  #hand(): void {
    // A handler that pauses and resumes gets here again; its caller continues then.
    if (this.#isHanding) return
    if (this.#isStopped()) return this.#adjust()
    if (this.#turns === undefined) while (this.step());
    else this.#turns.serve(this)
    this.#adjust()
  }

  #reportFlaw(): void {
    const { flaw } = this.#splitter
    if (flaw === undefined || this.#flawReported || this.#isStopped()) return
    this.#flawReported = true
    this.onGarbled?.(flaw, undefined)
  }

  /** No connection is read further than can be handled. */
  #adjust(): void {
    if (this.#closed) return
    if (this.#hasUnread() || this.#isStopped()) this.#socket.pause()
    else {
      if (this.#socket.isPaused()) this.#socket.resume()
      this.#endIfDone()
    }
  }

  #hasUnread(): boolean {
    const hasLines = this.#handed < this.#waiting.length || this.#chunks.length > 0
    return hasLines || (this.#hasEnded && !this.#tookEnd)
  }

  #forgetUnread(): void {
    this.#waiting = []
    this.#chunks = []
    this.#turns?.forget(this)
  }

  #handLine(line: Buffer): void {
    if (isBlank(line)) return
    if (this.#passesLongLines && isCut(line)) {
      this.onGarbled?.(`a line is longer than ${this.#maxLineBytes} bytes`, line)
      return
    }
    const isPlain = this.dialect === 'lines'
    if (this.onClientLine) {
      const read = isPlain ? readUtf8ClientLine(line) : readModifiedUtf8ClientLine(line)
      if (read.ok) this.onClientLine(read.line)
      else this.onGarbled?.(read.info, line)
      return
    }
    const parsed = isPlain ? parseUtf8Line(line) : parseModifiedUtf8Line(line)
    if (parsed.ok) this.onValue?.(parsed.value, line.length)
    else this.onGarbled?.(parsed.info, line)
  }

  #isStopped(): boolean {
    return this.#isPaused || this.#closed || this.#isChoked
  }

  /** They will send no more, and all that they sent was handled. Answers that take a moment still reach them. */
  #endIfDone(): void {
    if (!this.#hasEnded || this.#hasUnread() || this.#isStopped()) return
    clearTimeout(this.#farewell)
    this.#farewell = setTimeout(() => {
      if (this.#isStopped()) return
      this.close()
      this.onClosed?.(false)
    }, this.#halfOpenMs)
  }

  /** Handling a line may have closed it. */
  #isClosed(): boolean {
    return this.#closed
  }

  #gone(isReset: boolean): void {
    if (this.#closed) {
      const { onOver } = this
      this.onOver = undefined
      onOver?.(isReset)
      return
    }
    this.#closed = true
    this.#forgetUnread()
    clearTimeout(this.#farewell)
    this.#socket.destroy()
    this.onClosed?.(isReset)
  }
}

function isBlank(line: Buffer): boolean {
  // Told without a loop for nearly all.
  if (line[0] === 0x7b) return false
  const isMarked = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf
  for (const byte of isMarked ? line.subarray(3) : line)
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
  return true
}
