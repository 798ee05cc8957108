/** Lines up cells in columns. Cells carry their style apart from their text, so that colours never shift them. */
import stringWidth from 'string-width'
import { visibleText } from '@jwp/protocol'
import type { Palette, Style } from './palette.js'

export interface Cell {
  readonly text: string
  readonly style?: Style | undefined
  readonly align?: 'left' | 'right'
}

const columnGap = '  '

/** One line per row. Columns as wide as their widest cell; nothing is padded at the end of a line. */
export function textColumns(asTold: readonly (readonly Cell[])[], palette: Palette): string[] {
  const rows = asTold.map((row) => row.map((cell) => ({ ...cell, text: visibleText(cell.text) })))
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, stringWidth(cell.text))
  }
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const isLast = at === row.length - 1
        const gap = ' '.repeat(widths[at]! - stringWidth(cell.text))
        const text = cell.style && cell.text ? palette(cell.style, cell.text) : cell.text
        if (cell.align === 'right') return gap + text
        return isLast ? text : text + gap
      })
      .join(columnGap)
      .trimEnd(),
  )
}
