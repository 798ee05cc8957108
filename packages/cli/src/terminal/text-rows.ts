/** How a text wraps on a terminal. */
import stringWidth from 'string-width'

const tabSize = 8

/** How many rows the place behind the text is below its first row, as a terminal of so many columns wraps it. */
export function rowsAbove(text: string, columns: number): number {
  let offset = 0
  for (const character of text) {
    if (character === '\t') offset += tabSize - (offset % tabSize)
    else {
      const width = stringWidth(character)
      // What is two columns wide does not fit into the last one.
      if (width === 2 && (offset + 1) % columns === 0) offset += 1
      offset += width
    }
  }
  return Math.floor(offset / columns)
}
