/** Tests wait for conditions, never for time: only the patience has a limit, which grows with the load of the machine. */
import { waitUntil } from '@jwp/transport'

const defaultLimitMs = 30_000
const lookEveryMs = 15

/**
 * Resolves with the first value that is not undefined.
 * @throws Error naming what never came; a function names it when the patience is at its end.
 */
export async function eventually<Value>(
  what: string | (() => string),
  look: () => Value | undefined | Promise<Value | undefined>,
  limitMs = defaultLimitMs,
): Promise<Value> {
  let value: Value | undefined
  const see = async (): Promise<boolean> => {
    value = await look()
    return value !== undefined
  }
  if ((await waitUntil(see, { everyMs: lookEveryMs, limitMs })) === undefined)
    throw new Error(`in vain for ${limitMs} ms and more: ${typeof what === 'string' ? what : what()}`)
  return value!
}
