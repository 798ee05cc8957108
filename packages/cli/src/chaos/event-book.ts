/** What the servers of a fleet report of themselves, by their JSON logs. */

/** Events that mean: this server changed its place in the tree, or lost it. */
const moves = new Set(['orphaned', 'became-root', 'became-child'])

interface Noted {
  readonly server: string
  readonly event: string
  /** By the clock of this process. */
  readonly atMs: number
}

export class EventBook {
  readonly #noted: Noted[] = []
  /** How often a server found that it had stood still, although it was not paused, and for how long at most. */
  #stalls = 0
  #longestStallMs = 0

  /** A line of a server's log; what is no event is passed over. `isPaused`: it was stopped on purpose. */
  read(server: string, line: string, isPaused: boolean): void {
    const { event, lateMs } = eventOf(line)
    if (event === undefined) return
    if (moves.has(event)) this.#noted.push({ server, event, atMs: performance.now() })
    if (event === 'late-timers' && !isPaused) {
      this.#stalls += 1
      this.#longestStallMs = Math.max(this.#longestStallMs, lateMs ?? 0)
    }
  }

  /** Servers other than `except` that moved or lost their place in this time. */
  movedBetween(fromMs: number, toMs: number, except: string): string[] {
    return this.#told(fromMs, toMs, except, () => true)
  }

  /** Servers other than `except` that lost their parent in this time. */
  orphanedBetween(fromMs: number, toMs: number, except: string): string[] {
    return this.#told(fromMs, toMs, except, (event) => event === 'orphaned')
  }

  get stalls(): { readonly count: number; readonly longestMs: number } {
    return { count: this.#stalls, longestMs: this.#longestStallMs }
  }

  #told(fromMs: number, toMs: number, except: string, isAsked: (event: string) => boolean): string[] {
    const told = this.#noted.filter(
      ({ server, event, atMs }) => server !== except && isAsked(event) && atMs >= fromMs && atMs <= toMs,
    )
    return [...new Set(told.map(({ server }) => server))]
  }
}

function eventOf(line: string): { event?: string; lateMs?: number } {
  if (!line.startsWith('{')) return {}
  try {
    const { event, lateMs } = JSON.parse(line) as Record<string, unknown>
    return {
      ...(typeof event === 'string' && { event }),
      ...(typeof lateMs === 'number' && { lateMs }),
    }
  } catch {
    return {}
  }
}
