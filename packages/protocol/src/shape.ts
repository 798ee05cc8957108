/**
 * Checks of what a peer sent, before anything believes it. A check takes any value and gives it back with its type,
 * or throws. Records keep the fields that are asked for and drop the rest, so nothing unexpected travels further.
 */

/** A peer sent something that is no message of ours. The link it came on is not worth keeping. */
export class MalformedMessage extends Error {}

export type Check<Value> = (value: unknown, where: string) => Value

export function text(maxLength: number): Check<string> {
  return (value, where) => {
    if (typeof value !== 'string') throw new MalformedMessage(`${where} is not a text`)
    if (value.length > maxLength)
      throw new MalformedMessage(`${where} is longer than ${maxLength} characters`)
    return value
  }
}

/** Bytes as hex digits, lower case, at least one byte. */
export function hex(maxLength: number): Check<string> {
  const checkText = text(maxLength)
  return (value, where) => {
    const digits = checkText(value, where)
    if (!/^(?:[0-9a-f]{2})+$/.test(digits)) throw new MalformedMessage(`${where} is not hex`)
    return digits
  }
}

/** A whole number, 0 or more. */
export const count: Check<number> = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new MalformedMessage(`${where} is not a whole number`)
  return value as number
}

export const finite: Check<number> = (value, where) => {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new MalformedMessage(`${where} is not a number`)
  return value
}

export const flag: Check<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw new MalformedMessage(`${where} is not true or false`)
  return value
}

export const port: Check<number> = (value, where) => {
  const number = count(value, where)
  if (number < 1 || number > 65_535) throw new MalformedMessage(`${where} is not a port`)
  return number
}

export function oneOf<Word extends string>(words: readonly Word[]): Check<Word> {
  return (value, where) => {
    const word = words.find((known) => known === value)
    if (word === undefined) throw new MalformedMessage(`${where} is none of ${words.join(', ')}`)
    return word
  }
}

export function list<Item>(item: Check<Item>, maxLength: number): Check<Item[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new MalformedMessage(`${where} is not a list`)
    if (value.length > maxLength) throw new MalformedMessage(`${where} has more than ${maxLength} items`)
    return value.map((each: unknown) => item(each, where))
  }
}

export function pair<A, B>(first: Check<A>, second: Check<B>): Check<readonly [A, B]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== 2) throw new MalformedMessage(`${where} is not a pair`)
    return [first(value[0], where), second(value[1], where)]
  }
}

/** Absent and null are undefined. */
export function maybe<Value>(check: Check<Value>): Check<Value | undefined> {
  return (value, where) => (value === undefined || value === null ? undefined : check(value, where))
}

type Shape = Readonly<Record<string, Check<unknown>>>
type Checked<S extends Shape> = { [Key in keyof S]: S[Key] extends Check<infer Value> ? Value : never }

/** Faults name the field, and the message they were found in; not the way between, which would cost on every field. */
export function record<S extends Shape>(shape: S): Check<Checked<S>> {
  const fields = Object.entries(shape)
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MalformedMessage(`${where} is not a record`)
    const checked: Record<string, unknown> = {}
    for (const [name, check] of fields) {
      const field = check((value as Record<string, unknown>)[name], name)
      if (field !== undefined) checked[name] = field
    }
    return checked as Checked<S>
  }
}
