/** Puts something else at any one place inside a value. */
import fc, { type Arbitrary } from 'fast-check'

type Place = readonly (string | number)[]

function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [at]
  return [at, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...at, key]))]
}

function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

const wrong = fc.oneof(
  fc.anything(),
  fc.constantFrom<unknown>(
    undefined,
    null,
    NaN,
    Infinity,
    -1,
    0.5,
    2 ** 53,
    '',
    'length',
    2 ** 32,
    [],
    {},
    10n,
  ),
)

export function mutated(value: unknown): Arbitrary<unknown> {
  return fc.tuple(fc.constantFrom(...placesOf(value)), wrong).map(([place, by]) => replaced(value, place, by))
}
