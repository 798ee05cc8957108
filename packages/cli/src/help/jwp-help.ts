/**
 * How `--help` looks: flags in groups and in our order, their texts in one column for the whole command. A label that is
 * too long for its column stands on a line of its own.
 */
import { defaultServerPort } from '@jwp/protocol/options'
import { CommandHelp, Help } from '@oclif/core/help'
import type { Command } from '@oclif/core/command'
import stringWidth from 'string-width'
import { COMMANDS } from '../command-table.js'

/** Longer labels stand alone, so that their like do not squeeze the texts of all. */
const widestColumn = 24
const gap = 2
/** A default stands on the line of its word. */
const unbreakable = '\u00a0'

class JwpCommandHelp extends CommandHelp {
  /** The summary is the first line already. */
  override description(): string | undefined {
    const { description } = this.command
    return description === undefined ? undefined : this.wrap(description)
  }

  /** Summaries name the variable, too: also of flags of which oclif does not read it. */
  override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(flags.map(({ env: _, ...flag }) => flag as Command.Flag.Any))
  }

  /** Each command directly below what it does, and what begins with a variable is a command, too. */
  override examples(examples: Command.Example[] | string | undefined): string | undefined {
    return super
      .examples(examples)
      ?.replace(/\n\n(?= )/g, '\n')
      .replace(/^ {2}(?=[^ $])/gm, '  $ ')
  }

  override renderList(
    input: (string | undefined)[][],
    { indentation }: { readonly indentation: number },
  ): string {
    const column = this.#column()
    return input
      .map(([label = '', text = '']) => {
        const shown = label.trimEnd()
        const kept = text.trim().replace(/\b(default|env): /g, `$1:${unbreakable}`)
        const lines = this.wrap(kept, indentation + column + gap)
          .replaceAll(unbreakable, ' ')
          .split('\n')
        const indented = lines.map((line) => `${' '.repeat(column + gap)}${line.trim()}`).join('\n')
        return stringWidth(shown) > column
          ? `${shown}\n${indented}`
          : `${shown}${indented.slice(stringWidth(shown))}`
      })
      .join('\n')
  }

  #column(): number {
    const widths = Object.values(this.command.flags).map((flag) =>
      stringWidth(this.flagHelpLabel(flag).trim()),
    )
    return Math.max(0, ...widths.filter((width) => width <= widestColumn))
  }
}

/** The first commands for new users. */
const beginnings = [
  ['jwp up', 'start a network on this machine'],
  [`jwp client -rp ${defaultServerPort}`, 'talk there, in another terminal'],
  ['jwp server --help', 'all about one command'],
]

export default class JwpHelp extends Help {
  protected override CommandHelpClass = JwpCommandHelp

  /** As the table of commands has them: the most needed first. */
  protected override get sortedCommands(): Command.Loadable[] {
    const order = Object.keys(COMMANDS)
    return super.sortedCommands.toSorted((one, other) => order.indexOf(one.id) - order.indexOf(other.id))
  }

  override formatRoot(): string {
    const width = Math.max(...beginnings.map(([typed = '']) => typed.length))
    const lines = beginnings.map(([typed = '', why]) => `$ ${typed.padEnd(width)}  ${why}`)
    return [super.formatRoot(), this.section('EXAMPLES', lines.join('\n'))].join('\n\n')
  }
}
