/** How long healing took, by kind of fault. */
export interface HealingFigure {
  readonly fault: string
  readonly times: number
  /** Longest time without a message at a client whose server was not struck itself. */
  readonly silenceMs: MedianAndP99
  /** From the fault until one whole tree was seen, the fault's own length included. */
  readonly wholeMs: MedianAndP99
}

export interface MedianAndP99 {
  readonly median: number
  readonly p99: number
}

/** One round in which exactly one fault struck, under the name of that fault. */
export interface SingleFault {
  readonly fault: string
  readonly round: TimedRound
}

/** What is measured of a round; undefined: there was nothing to measure. */
export interface TimedRound {
  readonly wholeAfterMs: number | undefined
  readonly longestSilenceMs: number | undefined
}

export function healingFigures(singles: readonly SingleFault[]): HealingFigure[] {
  const byFault = new Map<string, TimedRound[]>()
  for (const { fault, round } of singles) byFault.set(fault, [...(byFault.get(fault) ?? []), round])
  return [...byFault]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([fault, rounds]) => ({
      fault,
      times: rounds.length,
      silenceMs: medianAndP99(rounds.flatMap(({ longestSilenceMs }) => longestSilenceMs ?? [])),
      wholeMs: medianAndP99(rounds.flatMap(({ wholeAfterMs }) => wholeAfterMs ?? [])),
    }))
}

/** Of few values the 99th percentile is the largest. 0 of none. */
export function medianAndP99(values: readonly number[]): MedianAndP99 {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
  return { median: at(0.5), p99: at(0.99) }
}
