/** What can be asked of `jwp client` on a terminal, by a line that begins with a slash. */
import { didYouMean } from '../argv/did-you-mean.js'

export interface TerminalCommand {
  readonly name: 'help' | 'who' | 'quit'
  readonly does: string
}

export const terminalCommands: readonly TerminalCommand[] = [
  { name: 'help', does: 'what can be typed here' },
  { name: 'who', does: 'the users that are connected somewhere in the network' },
  { name: 'quit', does: 'log out and end, as Ctrl-D does' },
]

/** The lines of `/help`. */
export function helpLines(): string[] {
  const forms: (readonly [form: string, does: string])[] = [
    ['text', 'is published as {"text": "text"}'],
    ['{"any": "JSON"}', 'is published as it is'],
    ['//text', 'is published as {"text": "/text"}'],
    ...terminalCommands.map(({ name, does }) => [`/${name}`, does] as const),
  ]
  const width = Math.max(...forms.map(([form]) => form.length))
  return forms.map(([form, does]) => `${form.padEnd(width)}  ${does}`)
}

/** The command of that name, or what to say instead. */
export function terminalCommandOf(typed: string): TerminalCommand['name'] | { readonly info: string } {
  const known = terminalCommands.find(({ name }) => name === typed.toLowerCase())
  if (known !== undefined) return known.name
  const meant = didYouMean(
    typed,
    terminalCommands.map(({ name }) => name),
  )
  const instead = meant === undefined ? 'see /help' : `did you mean /${meant}?`
  return {
    info: `there is no command /${typed}: ${instead} (nothing was published; /${`/${typed}`} would be)`,
  }
}
