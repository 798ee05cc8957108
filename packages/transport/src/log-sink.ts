/**
 * Where the lines of a process's log go. What becomes of them must not hurt the process: a disk may be full, or the
 * reader of a pipe may be gone or have stopped. A log must neither end its process nor fill its memory.
 */
import { Writable } from 'node:stream'
import { visibleLines } from '@jwp/protocol'

/** With more than this unread, lines are left out, in bytes. */
const maxUnreadBytes = 1_048_576

/** Streams whose errors are handled already: many sinks may share one. */
const guarded = new WeakSet<NodeJS.WritableStream>()

export class LogSink extends Writable {
  readonly #target: NodeJS.WritableStream & { readonly writableLength?: number }
  /** Lines that did not get through since the last one that did. */
  #lost = 0

  /** @param target stays open. Its errors are taken care of from here on. */
  constructor(target: NodeJS.WritableStream) {
    super({ decodeStrings: false })
    this.#target = target
    if (guarded.has(target)) return
    guarded.add(target)
    // Each write hears of its own failure; unheard here, it would end the process.
    target.on('error', () => undefined)
  }

  override _write(line: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if ((this.#target.writableLength ?? 0) > maxUnreadBytes) this.#lost++
    else {
      this.#confess()
      this.#hand(line, 1)
    }
    done()
  }

  #confess(): void {
    if (this.#lost === 0) return
    const lost = this.#lost
    this.#lost = 0
    this.#hand(`(${lost} lines of this log could not be written)\n`, lost)
  }

  #hand(text: string | Buffer, lines: number): void {
    // A log repeats what unauthenticated peers sent, and is read on terminals. In a line of JSON the value stays the
    // same.
    this.#target.write(visibleLines(text.toString()), (error) => {
      if (error) this.#lost += lines
    })
  }
}
