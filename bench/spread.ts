/** A figure and how far it wanders: one number from a shared machine says little. */
export interface Spread {
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly median: number
  readonly max: number
  readonly samples: number
}

export function spreadOf(name: string, unit: string, values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    name,
    unit,
    min: sorted[0] ?? NaN,
    median: quantile(sorted, 0.5),
    max: sorted.at(-1) ?? NaN,
    samples: sorted.length,
  }
}

/** Of values in rising order; the nearest one, not an average. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function drawSpreads(spreads: readonly Spread[]): string {
  const width = Math.max(...spreads.map((spread) => spread.name.length))
  const number = (value: number): string =>
    (Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)).padStart(12)
  const head = `${'figure'.padEnd(width)} ${'min'.padStart(12)} ${'median'.padStart(12)} ${'max'.padStart(12)}  unit (runs)`
  const rows = spreads.map(
    ({ name, unit, min, median, max, samples }) =>
      `${name.padEnd(width)} ${number(min)} ${number(median)} ${number(max)}  ${unit} (${samples})`,
  )
  return [head, ...rows].join('\n')
}
