/** Colours for one output stream: all of them on a terminal, none in a pipe. */
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

export type Palette = (style: Style, text: string) => string

export const plain: Palette = (_style, text) => text

export const coloured: Palette = (style, text) => styleText(style, text)

/** `NO_COLOR` (any text) switches colours off and wins; `FORCE_COLOR` switches them on in a pipe. */
export function paletteFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Palette {
  if (environment['NO_COLOR']) return plain
  const forced = environment['FORCE_COLOR']
  if (forced !== undefined) return forced === '0' || forced === 'false' ? plain : coloured
  return stream.isTTY && environment['TERM'] !== 'dumb' ? coloured : plain
}
