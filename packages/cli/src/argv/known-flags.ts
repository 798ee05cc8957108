/** Which flags a command has, in the form the rewriting of its command line needs. */
import type { Command } from '@oclif/core/command'
import { optionOf } from '../flags/flags-from.js'
import type { KnownFlag, KnownFlags } from './argv-rewriting.js'

/** Names, aliases and single letters; oclif's `--no-x` too, where the flag allows it. */
export function knownFlagsOf(command: Pick<Command.Class, 'flags'>): KnownFlags {
  const known = new Map<string, KnownFlag>()
  for (const [name, flag] of Object.entries(command.flags ?? {})) {
    const takesValue = flag.type === 'option'
    for (const word of [name, ...(flag.aliases ?? [])]) known.set(word, { takesValue })
    if (flag.type === 'boolean' && flag.allowNo) known.set(`no-${name}`, { takesValue: false })
  }
  return known
}

/** Names of the flags that are written with one dash. */
export function singleDashFlagsOf(command: Pick<Command.Class, 'flags'>): string[] {
  const flags = Object.entries(command.flags ?? {})
  return flags.filter(([, flag]) => optionOf(flag)?.singleDash === true).map(([name]) => name)
}
