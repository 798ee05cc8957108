/** Puts something else at any one place inside a value. */
import fc, { type Arbitrary } from 'fast-check'

type Place = readonly (string | number)[]

function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [at]
  return [at, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...at, key]))]
}

function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return typeof by === 'function' ? (by as (value: unknown) => unknown)(value) : by
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

/** Bytes that are nearly the same: one of them another, or some fewer, or more. */
const otherBytes = fc
  .record({ at: fc.nat(), byte: fc.nat(255), length: fc.option(fc.nat(5), { freq: 3, nil: undefined }) })
  .map(({ at, byte, length }) => (value: unknown): unknown => {
    if (!(value instanceof Uint8Array)) return undefined
    const bytes = new Uint8Array(length ?? value.length)
    bytes.set(value.subarray(0, bytes.length))
    if (bytes.length > 0) bytes[at % bytes.length] = byte
    return bytes
  })

export function mutated(value: unknown): Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...placesOf(value)), fc.oneof({ weight: 4, arbitrary: wrong }, otherBytes))
    .map(([place, by]) => replaced(value, place, by))
}
