/** Which words of a command line set these flags, so that they can be said again to another process. */
import type { KnownFlags } from './argv-rewriting.js'

/** `argv`: each flag joined with its value (see `argv-rewriting.ts`). */
export function wordsThatSet(flags: KnownFlags, argv: readonly string[]): string[] {
  return argv.filter((word) => {
    const name = /^--([\w-]+)(?:=|$)/.exec(word)?.[1]
    return name !== undefined && flags.has(name)
  })
}
