/**
 * A few lines at the bottom of the output that are drawn again and again, with ordinary lines scrolling by above
 * them. In a pipe there is no such place: there only the ordinary lines are written.
 */
import type { createLogUpdate } from 'log-update'

export interface LiveRegion {
  /** False in a pipe: `show` does nothing there, and what must be seen has to be said. */
  readonly isLive: boolean
  /** Replaces the lines of the region. */
  show(lines: readonly string[]): void
  /** Writes a line above the region; it stays. `to`: another stream that ends on the same terminal, or in a file. */
  say(line: string, to?: NodeJS.WritableStream): void
  /** Leaves the last picture in place (or takes it away) and gives the cursor back. Nothing may follow. */
  end(how?: 'keep' | 'clear'): void
}

/** Shows the cursor again. Also written at the exit of the process, for unplanned ends. */
const showCursor = '\u001B[?25h'

export async function openLiveRegion(stream: NodeJS.WriteStream): Promise<LiveRegion> {
  if (!stream.isTTY) return plainRegion(stream)
  const { createLogUpdate } = await import('log-update')
  return terminalRegion(stream, createLogUpdate(stream))
}

function plainRegion(stream: NodeJS.WriteStream): LiveRegion {
  return {
    isLive: false,
    show: () => undefined,
    say: (line, to = stream) => void to.write(`${line}\n`),
    end: () => undefined,
  }
}

function terminalRegion(stream: NodeJS.WriteStream, update: ReturnType<typeof createLogUpdate>): LiveRegion {
  let shown: readonly string[] = []
  let isOver = false
  const restore = (): void => {
    stream.write(showCursor)
  }
  process.once('exit', restore)
  return {
    isLive: true,
    show(lines) {
      if (isOver) return
      shown = lines
      update(lines.join('\n'))
    },
    say(line, to = stream) {
      if (!isOver) update.clear()
      to.write(`${line}\n`)
      if (!isOver && shown.length > 0) update(shown.join('\n'))
    },
    end(how = 'keep') {
      if (isOver) return
      isOver = true
      if (how === 'clear') update.clear()
      update.done()
      // The terminal has echoed a ^C where the next prompt belongs.
      stream.write('\r\u001B[K')
      process.off('exit', restore)
    },
  }
}
