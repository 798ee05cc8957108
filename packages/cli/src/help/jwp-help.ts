/**
 * How `--help` looks: flags in groups and in our order, their texts in one column for the whole command. A label that is
 * too long for its column stands on a line of its own.
 */
import { CommandHelp, Help } from '@oclif/core/help'
import type { Command } from '@oclif/core/command'
import stringWidth from 'string-width'

/** Longer labels stand alone, so that their like do not squeeze the texts of all. */
const widestColumn = 24
const gap = 2

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

  override renderList(
    input: (string | undefined)[][],
    { indentation }: { readonly indentation: number },
  ): string {
    const column = this.#column()
    return input
      .map(([label = '', text = '']) => {
        const shown = label.trimEnd()
        const lines = this.wrap(text.trim(), indentation + column + gap).split('\n')
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

export default class JwpHelp extends Help {
  protected override CommandHelpClass = JwpCommandHelp
}
