/**
 * Clients and unauthenticated peers share what a turn of the event loop has for them. Sockets of links and timers
 * have their turn between two such turns, however much those peers send: reading continues where it stopped, one
 * reader after the other.
 */
import { performance } from 'node:perf_hooks'

export interface TurnReader {
  /** Handles one piece of what has come (a line, a request). False: there is none, or none may be handled now. */
  step(): boolean
}

export interface TurnLimits {
  /**
   * Time for clients and unauthenticated peers in one turn, in milliseconds (default: 8). Raise: a flood is worked
   * off in fewer turns. Lower: heartbeats and links wait less for it.
   */
  readonly turnMs?: number
  /** Of that one reader, before it is the next one's turn, in milliseconds. Default: 1. */
  readonly readerMs?: number
  /** Pieces of one reader before it is the next one's turn. Default: 256. */
  readonly readerPieces?: number
}

export class TurnShare {
  readonly #turnMs: number
  readonly #readerMs: number
  readonly #readerPieces: number
  /** Readers that have more; the one that has waited longest is first. */
  readonly #behind = new Set<TurnReader>()
  /** What was used of this turn, in milliseconds. */
  #usedMs = 0
  /** Readers that were served in this turn, so that one reader does not begin anew with every chunk of its socket. */
  readonly #served = new Set<TurnReader>()
  #endIsQueued = false

  constructor({ turnMs = 8, readerMs = 1, readerPieces = 256 }: TurnLimits = {}) {
    this.#turnMs = turnMs
    this.#readerMs = readerMs
    this.#readerPieces = readerPieces
  }

  /** Something has come: it is read now if there is time, else in a later turn. */
  serve(reader: TurnReader): void {
    if (this.#behind.has(reader)) return
    this.#queueEnd()
    if (this.#usedMs >= this.#turnMs || this.#served.has(reader)) this.#behind.add(reader)
    else this.#serveOne(reader)
  }

  /** It is gone. */
  forget(reader: TurnReader): void {
    this.#behind.delete(reader)
    this.#served.delete(reader)
  }

  #serveOne(reader: TurnReader): void {
    const startedMs = performance.now()
    let nowMs = startedMs
    let hasMore = true
    for (let pieces = 0; pieces < this.#readerPieces && nowMs - startedMs < this.#readerMs; pieces++) {
      hasMore = reader.step()
      nowMs = performance.now()
      if (!hasMore) break
    }
    this.#usedMs += nowMs - startedMs
    if (!hasMore) return
    this.#served.add(reader)
    this.#behind.add(reader)
  }

  #queueEnd(): void {
    if (this.#endIsQueued) return
    this.#endIsQueued = true
    // After all sockets that are readable in this turn, those of links among them.
    setImmediate(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#endIsQueued = false
    this.#usedMs = 0
    this.#served.clear()
    // Half of it is left to readers with little: they need not wait behind a flood.
    for (const reader of this.#behind) {
      if (this.#usedMs >= this.#turnMs / 2) break
      // A reader with more goes to the end, and this loop gets there again.
      this.#behind.delete(reader)
      this.#serveOne(reader)
    }
    if (this.#behind.size > 0 || this.#usedMs > 0) this.#queueEnd()
  }
}
