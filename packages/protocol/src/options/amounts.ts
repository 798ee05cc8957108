/** Amounts with a unit, as people write them: `90s`, `10min`, `256MiB`. A bare number is milliseconds, or bytes. */

export interface AmountUnits {
  /** What a bare number counts. */
  readonly base: string
  readonly examples: string
  /** Largest first; how many of the base each is. */
  readonly factors: readonly (readonly [unit: string, factor: number])[]
  /** Understood, but not written by us. */
  readonly others?: readonly (readonly [unit: string, factor: number])[]
}

export const timeUnits: AmountUnits = {
  base: 'ms',
  examples: '90s, 10min, 2h or 600000 (milliseconds)',
  factors: [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ],
}

export const sizeUnits: AmountUnits = {
  base: 'bytes',
  examples: '256MiB, 1GiB or 1048576 (bytes)',
  factors: [
    ['GiB', 1_073_741_824],
    ['MiB', 1_048_576],
    ['KiB', 1_024],
  ],
  others: [
    ['GB', 1_000_000_000],
    ['MB', 1_000_000],
    ['kB', 1_000],
  ],
}

/** @throws Error that says what was expected. */
export function readAmount(text: string, { examples, factors, others = [] }: AmountUnits): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/i.exec(text)
  const typed = (match?.[2] ?? '').toLowerCase()
  const known = [...factors, ...others].find(([unit]) => unit.toLowerCase() === typed)
  const amount = Math.round(Number(match?.[1]) * (typed === '' ? 1 : (known?.[1] ?? Number.NaN)))
  if (Number.isSafeInteger(amount)) return amount
  throw new Error(`an amount such as ${examples} was expected, not ${JSON.stringify(text)}`)
}

/** In the largest unit that shows it whole, as `readAmount` reads it. */
export function showAmount(amount: number, { factors }: AmountUnits): string {
  const fitting = factors.find(([, factor]) => amount >= factor && amount % factor === 0)
  return fitting === undefined ? String(amount) : `${amount / fitting[1]}${fitting[0]}`
}
