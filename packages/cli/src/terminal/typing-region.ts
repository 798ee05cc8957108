/**
 * A line that is being typed at the bottom of the terminal, with other lines scrolling by above it. The typed line may be
 * several rows high, and nothing of it stays behind where it stood before.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline'
import { rowsAbove } from './text-rows.js'

/** Where the typing region lives: a terminal. */
export type Screen = NodeJS.WritableStream & { readonly columns?: number }

export class TypingRegion {
  readonly #screen: Screen
  readonly #lines: Interface & { prevRows?: number }
  #isOver = false

  /** `onLine`: a line was typed, and has vanished from the screen. `onEnd`: Ctrl-D or Ctrl-C. */
  constructor(
    input: NodeJS.ReadableStream,
    screen: Screen,
    handlers: { onLine(line: string): void; onEnd(): void },
  ) {
    this.#screen = screen
    this.#lines = createInterface({ input, output: screen, terminal: true, historySize: 100 })
    this.#lines.on('line', (line) => {
      // The cursor stands below what was typed.
      this.#climb(rowsAbove(`${this.#lines.getPrompt()}${line}`, this.#columns) + 1)
      if (this.#isOver) return
      this.#draw()
      handlers.onLine(line)
    })
    this.#lines.once('close', () => handlers.onEnd())
    this.#lines.once('SIGINT', () => handlers.onEnd())
  }

  /** What stands in front of the typed text; drawn at once. */
  prompt(prompt: string): void {
    if (this.#isOver) return
    this.#climb(this.#lines.getCursorPos().rows)
    this.#lines.setPrompt(prompt)
    this.#draw()
  }

  /** Writes lines above the typed one; they stay. */
  say(text: string): void {
    if (this.#isOver) {
      this.#screen.write(`${text}\n`)
      return
    }
    this.#climb(this.#lines.getCursorPos().rows)
    this.#screen.write(`${text}\n`)
    this.#draw()
  }

  /** As if it had been typed. */
  type(text: string): void {
    this.#lines.write(text)
  }

  /** Leaves what is typed where it is. Later lines are ordinary ones. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#lines.close()
    this.#screen.write('\r\n')
  }

  get #columns(): number {
    return this.#screen.columns ?? 80
  }

  /** So many rows up, and nothing is below. */
  #climb(rows: number): void {
    if (rows > 0) moveCursor(this.#screen, 0, -rows)
    cursorTo(this.#screen, 0)
    clearScreenDown(this.#screen)
  }

  #draw(): void {
    // Node climbs from where it believes the cursor to be: it stands in the first row.
    this.#lines.prevRows = 0
    this.#lines.prompt(true)
  }
}
