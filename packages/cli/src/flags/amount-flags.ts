/** Amounts with a unit, as people write them: `90s`, `10min`, `256MiB`. A bare number is milliseconds, or bytes. */
import * as Flags from '@oclif/core/flags'

const millisecondsIn: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const bytesIn: Readonly<Record<string, number>> = {
  '': 1,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
}

export const durationFlag = Flags.custom<number>({
  helpValue: '<time>',
  parse: (text) =>
    Promise.resolve(parseAmount(text, millisecondsIn, '90s, 10min, 2h or 600000 (milliseconds)')),
})

export const bytesFlag = Flags.custom<number>({
  helpValue: '<size>',
  parse: (text) => Promise.resolve(parseAmount(text, bytesIn, '256MiB, 1GiB or 1048576 (bytes)')),
})

function parseAmount(text: string, units: Readonly<Record<string, number>>, examples: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/i.exec(text)
  const factor = units[(match?.[2] ?? '').toLowerCase()]
  const amount = Math.round(Number(match?.[1]) * (factor ?? NaN))
  if (!Number.isSafeInteger(amount))
    throw new Error(`an amount such as ${examples} was expected, not ${JSON.stringify(text)}`)
  return amount
}
