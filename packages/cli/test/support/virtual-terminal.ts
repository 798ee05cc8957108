/** What a person would see: a terminal that interprets everything that is written to it. */
import xterm from '@xterm/headless'

export class VirtualTerminal {
  readonly #terminal: InstanceType<typeof xterm.Terminal>

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  }

  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve))
  }

  /** All rows, also those that have scrolled away, without the empty ones and the spaces at the end. */
  rows(): string[] {
    const buffer = this.#terminal.buffer.active
    const rows = Array.from({ length: buffer.length }, (_, at) =>
      buffer.getLine(at)!.translateToString(true).trimEnd(),
    )
    while (rows.at(-1) === '') rows.pop()
    return rows
  }

  /** Where the cursor is, counted from the first row of all. */
  cursor(): { column: number; row: number } {
    const { cursorX, cursorY, baseY } = this.#terminal.buffer.active
    return { column: cursorX, row: baseY + cursorY }
  }
}
