/**
 * Waiting for a condition, as tests and measurements do: only the patience has a limit, which grows with the load of the
 * machine, and what never came is named.
 */
import { waitUntil } from './wait-until.js'

const usualLimitMs = 30_000

/**
 * Resolves with the first value that is neither undefined nor false.
 * @throws Error naming what never came; a function names it when the patience is at its end.
 */
export async function eventually<Value>(
  what: string | (() => string),
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  limitMs = usualLimitMs,
  everyMs = 5,
): Promise<Value> {
  let value: Value | undefined | false
  const see = async (): Promise<boolean> => {
    value = await look()
    return value !== undefined && value !== false
  }
  if ((await waitUntil(see, { everyMs, limitMs })) === undefined)
    throw new Error(`in vain for ${limitMs} ms and more: ${typeof what === 'string' ? what : what()}`)
  return value as Value
}

/** As `eventually`, for what its condition says well enough. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  await eventually(what, condition, usualLimitMs, 1)
}
