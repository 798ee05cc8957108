/**
 * Stands between a socket and Node's HTTP server, which would parse and answer everything that a chunk holds. Here
 * the next request comes through when the system has taken the answer to the one before, and within the share of a
 * turn that unauthenticated connections have.
 */
import type { Socket } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { endSoon, type TurnReader, type TurnShare } from '@jwp/lines'

/** A peer that reads none of the last answer for so long is cut off, in milliseconds. */
const lingerMs = 2_000
const lineFeed = 0x0a
const carriageReturn = 0x0d

export class HttpGate extends Duplex implements TurnReader {
  readonly #socket: Socket
  readonly #turns: TurnShare
  /** What has come and was not let through. */
  #waiting: Buffer[] = []
  readonly #blankLines = new BlankLines()
  /** Requests without a whole answer: two at most, if the first one's body ended together with the second one's head. */
  #open = 0
  #last: IncomingMessage | undefined
  #hasEnded = false
  #toldEnd = false
  #isEnding = false

  constructor(socket: Socket, turns: TurnShare) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#turns = turns
    // From now on what is pushed is handed on at once, and not collected.
    this.read(0)
    socket.on('data', (chunk: Buffer) => {
      if (this.#isEnding) return
      this.#waiting.push(chunk)
      this.#serve()
    })
    socket.on('end', () => {
      this.#hasEnded = true
      this.#serve()
    })
    socket.on('timeout', () => this.emit('timeout'))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  /** Node's HTTP server sets how long it waits for the next request. */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    this.#socket.setTimeout(timeoutMs)
    if (onTimeout !== undefined) this.once('timeout', onTimeout)
    return this
  }

  /** A request has come through; call it before it is answered. */
  begins(request: IncomingMessage, response: ServerResponse): void {
    this.#open++
    this.#last = request
    response.once('close', () => {
      this.#open--
      process.nextTick(() => {
        this.#serve()
      })
    })
  }

  step(): boolean {
    if (!this.#mayPass()) return false
    const chunk = this.#waiting.shift()
    if (chunk === undefined) return false
    const end = this.#blankLines.endOfFirst(chunk)
    if (end < chunk.length) this.#waiting.unshift(chunk.subarray(end))
    this.push(chunk.subarray(0, end))
    if (this.#waiting.length > 0) return this.#mayPass()
    this.#adjust()
    return false
  }

  /** What was let through has been taken, or is about to be. */
  override _read(): void {
    if (this.#waiting.length > 0) {
      process.nextTick(() => {
        this.#serve()
      })
    }
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done)
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.cork()
    for (const [i, { chunk, encoding }] of chunks.entries())
      this.#socket.write(chunk, encoding, i === chunks.length - 1 ? done : undefined)
    this.#socket.uncork()
  }

  override _final(done: () => void): void {
    this.#isEnding = true
    this.#waiting = []
    endSoon(this.#socket, lingerMs)
    // Reading on keeps the system from answering what still comes with a reset, which would take our last words with it.
    this.#socket.resume()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = []
    this.#turns.forget(this)
    if (!this.#isEnding) this.#socket.destroy()
    done(error)
  }

  #serve(): void {
    if (this.destroyed || this.#isEnding) return
    if (this.#waiting.length > 0) this.#turns.serve(this)
    this.#adjust()
  }

  /** No connection is read further than can be handled. */
  #adjust(): void {
    if (this.destroyed || this.#isEnding) return
    if (this.#waiting.length > 0 || !this.#mayPass()) this.#socket.pause()
    else this.#socket.resume()
    if (!this.#hasEnded || this.#toldEnd || this.#waiting.length > 0 || this.#open > 0) return
    this.#toldEnd = true
    this.push(null)
  }

  /** Nothing is asked, or what is asked has not come whole. */
  #mayPass(): boolean {
    if (this.destroyed || this.#isEnding || this.readableLength > 0) return false
    return this.#open === 0 || this.#last?.complete === false
  }
}

/** Finds the ends of heads. Bodies may hold blank lines, too: then they come through in more pieces. */
class BlankLines {
  /** Of the line that a chunk began with, in the chunks before; a carriage return alone counts as nothing. */
  #lineBytes = 0

  /** Behind the first blank line; without one, the length of the chunk. */
  endOfFirst(chunk: Buffer): number {
    let start = 0
    for (let feed = chunk.indexOf(lineFeed); feed !== -1; feed = chunk.indexOf(lineFeed, start)) {
      const isBlank = this.#lineBytes + bytesOfLine(chunk, start, feed) === 0
      this.#lineBytes = 0
      start = feed + 1
      if (isBlank) return start
    }
    this.#lineBytes += bytesOfLine(chunk, start, chunk.length)
    return chunk.length
  }
}

function bytesOfLine(chunk: Buffer, start: number, end: number): number {
  return end === start || (end === start + 1 && chunk[start] === carriageReturn) ? 0 : end - start
}
