/**
 * How many files the system lets this process have open, and how many of them unauthenticated connections may use.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface UnauthenticatedLimit {
  /** Unauthenticated connections at once. */
  readonly places: number
  /** Files that are kept for links, disk and clock. */
  readonly reserve: number
  /** Files that this process may have open (`ulimit -n`). */
  readonly openFiles: number
}

/** Undefined: the system does not tell. To be asked when everything but connections is open. */
export function unauthenticatedLimit(): UnauthenticatedLimit | undefined {
  try {
    const told = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    if (told === undefined) return undefined
    return unauthenticatedShare(Number(told), readdirSync('/proc/self/fd').length)
  } catch {
    return undefined
  }
}

/** A quarter of what is left is kept, between 16 and 512: links, dials while the tree heals, the disk, the clock. */
export function unauthenticatedShare(openFiles: number, inUse: number): UnauthenticatedLimit {
  const left = Math.max(0, openFiles - inUse)
  const reserve = Math.min(512, Math.max(16, Math.ceil(left / 4)))
  return { places: Math.max(1, left - reserve), reserve, openFiles }
}
