/**
 * The source designs wrote their flags with a single dash: `-lp 3781 -rp 3782 -ms bbb`. Every option parser
 * reads `-lp` as the cluster `-l -p`, so the command line is rewritten before oclif sees it.
 *
 * A flag that takes a value is joined with it (`-lp 3781` becomes `--lp=3781`). Joined, a value may begin with a
 * dash (`-s -odd-secret`) without being taken for a flag, by us or by oclif.
 */

/** What the rewriting must know of a flag. */
export interface KnownFlag {
  readonly takesValue: boolean
}

export type KnownFlags = ReadonlyMap<string, KnownFlag>

interface FlagToken {
  readonly name: string
  /** The text after `=`; undefined: there was none. */
  readonly joinedValue: string | undefined
}

/** Rewrites the words after the command's name. Words that are no flag of ours stay as they are. */
export function rewriteArgv(words: readonly string[], flags: KnownFlags): string[] {
  const rewritten: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    // After a lone `--` nothing is a flag.
    if (word === '--') return [...rewritten, ...words.slice(at)]

    const token = flagTokenOf(word)
    const flag = token && flags.get(token.name)
    if (!token || !flag) {
      rewritten.push(word)
      continue
    }
    if (token.joinedValue !== undefined) {
      rewritten.push(`--${token.name}=${token.joinedValue}`)
    } else if (flag.takesValue && at + 1 < words.length) {
      at += 1
      rewritten.push(`--${token.name}=${words[at]!}`)
    } else {
      rewritten.push(`--${token.name}`)
    }
  }
  return rewritten
}

function flagTokenOf(word: string): FlagToken | undefined {
  const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word)
  return match ? { name: match[1]!, joinedValue: match[2] } : undefined
}
