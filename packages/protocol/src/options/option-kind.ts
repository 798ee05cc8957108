/** What sort of value an option has: how it is typed, checked and shown. */
import { maxHostLength, maxSecretBytes } from '../limits.js'
import { readAmount, showAmount, sizeUnits, timeUnits, type AmountUnits } from './amounts.js'

export interface OptionKind<Value> {
  /** Stands behind the flag in `--help`: `<time>`. Undefined: the flag takes no value, it is on or off. */
  readonly placeholder: string | undefined
  /** What its number counts: `ms`, `bytes`, `servers`. Undefined: it is no amount. */
  readonly unit: string | undefined
  /** Not for messages and logs. */
  readonly isSecret?: true
  /** The only words that it takes. */
  readonly choices?: readonly string[]
  /** @throws Error that says what was expected. */
  readonly read: (text: string) => Value
  /** Says of a program's value what was expected. Undefined: it is what was expected. */
  readonly complaint: (value: unknown) => string | undefined
  /** As it is typed. */
  show(value: Value): string
}

/** A time: `90s`, `10min`; in milliseconds. */
export const duration: OptionKind<number> = amount('<time>', timeUnits)

/** A size: `256MiB`; in bytes. */
export const size: OptionKind<number> = amount('<size>', sizeUnits)

function amount(placeholder: string, units: AmountUnits): OptionKind<number> {
  return {
    placeholder,
    unit: units.base,
    read: (text) => readAmount(text, units),
    complaint: (value) => notAnAmount(value, units.base),
    show: (value) => showAmount(value, units),
  }
}

function notAnAmount(value: unknown, unit: string): string | undefined {
  const fits = typeof value === 'number' && Number.isFinite(value) && value >= 0
  return fits ? undefined : `a number of ${unit}, 0 or more`
}

/** A bare number of milliseconds, as the flags of the source designs have it. */
export const milliseconds: OptionKind<number> = {
  placeholder: '<ms>',
  unit: 'ms',
  read: (text) => readWholeNumber(text, 'milliseconds'),
  complaint: (value) => notAnAmount(value, 'ms'),
  show: String,
}

/** A whole number above 0 of what `unit` names. */
export function count(unit: string, placeholder = '<n>'): OptionKind<number> {
  return {
    placeholder,
    unit,
    read: (text) => {
      const read = readWholeNumber(text, 'how many')
      if (read === 0) throw new Error('at least 1 is needed')
      return read
    },
    complaint: (value) =>
      Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : `a whole number of ${unit}, 1 or more`,
    show: String,
  }
}

function readWholeNumber(text: string, what: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isNaN(value)) return value
  throw new Error(`a whole number (${what}) was expected, not ${JSON.stringify(text)}`)
}

const lastPort = 65_535

/** A port that others reach. A program may say 0 for any free one. */
export const port: OptionKind<number> = {
  placeholder: '<port>',
  unit: undefined,
  read: readPort,
  complaint: (value) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= lastPort
      ? undefined
      : `a number from 0 to ${lastPort}`,
  show: String,
}

/** @throws Error that says what a port is. */
export function readPort(text: string): number {
  const read = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (read >= 1 && read <= lastPort) return read
  throw new Error(`a port is a number from 1 to ${lastPort}, not ${JSON.stringify(text)}`)
}

/** Any text that is one: a name, a folder. `maxLength`: what every peer takes. */
export function text(placeholder: string, maxLength = Infinity): OptionKind<string> {
  return checkedText(placeholder, (value) => {
    if (value === '') return 'a text that is not empty'
    return value.length > maxLength ? `a text of at most ${maxLength} characters` : undefined
  })
}

/** An empty one counts as none. */
export function secretText(placeholder: string): OptionKind<string> {
  const fault = (value: string): string | undefined =>
    value.length > maxSecretBytes ? `a text of at most ${maxSecretBytes} characters` : undefined
  return {
    ...checkedText(placeholder, fault),
    read: (typed) => {
      const wrong = fault(typed)
      if (wrong !== undefined) throw new Error(`${wrong} was expected`)
      return typed
    },
    isSecret: true,
  }
}

/** A name that a name service may know, or an IP address without brackets. */
const hostPattern = /^(?:[\p{L}\p{M}\p{N}_.-]+|[\da-f:.]*:[\da-f:.]*(?:%[\w.-]+)?)$/iu

export function host(placeholder: string): OptionKind<string> {
  return checkedText(placeholder, hostFault)
}

/** What was expected instead of this host. Undefined: it may be one. */
export const hostFault = (value: string): string | undefined =>
  value.length <= maxHostLength && hostPattern.test(value)
    ? undefined
    : 'a host name or an IP address, without port and brackets'

function checkedText(placeholder: string, fault: (value: string) => string | undefined): OptionKind<string> {
  return {
    placeholder,
    unit: undefined,
    read: (typed) => {
      const wrong = fault(typed)
      if (wrong === undefined) return typed
      throw new Error(`${wrong} was expected, not ${shownBriefly(typed)}`)
    },
    complaint: (value) => (typeof value === 'string' ? fault(value) : 'a text'),
    show: (value) => value,
  }
}

/** A line for the shell. An empty one would do nothing, and the shell would call it a success. */
export const shellCommand: OptionKind<string> = {
  placeholder: '<command>',
  unit: undefined,
  read: (typed) => {
    if (typed.trim() === '') throw new Error('a command is needed')
    return typed
  },
  complaint: (value) =>
    typeof value === 'string' && value.trim() !== '' ? undefined : 'a command for the shell',
  show: (value) => value,
}

export function choice<const Word extends string>(...choices: readonly Word[]): OptionKind<Word> {
  return {
    placeholder: choices.join('|'),
    unit: undefined,
    choices,
    read: (typed) => {
      if (!isOneOf(choices, typed))
        throw new Error(`one of ${choices.join(', ')} was expected, not ${JSON.stringify(typed)}`)
      return typed
    },
    complaint: (value) => (isOneOf(choices, value) ? undefined : `one of ${choices.join(', ')}`),
    show: (value) => value,
  }
}

const isOneOf = <Word extends string>(choices: readonly Word[], value: unknown): value is Word =>
  choices.some((each) => each === value)

const trueOrFalse = (value: unknown): string | undefined =>
  typeof value === 'boolean' ? undefined : 'true or false'

/** A flag without a value: it is there or not. */
export const toggle: OptionKind<boolean> & { readonly placeholder: undefined } = {
  placeholder: undefined,
  unit: undefined,
  read: (typed) => typed === 'on',
  complaint: trueOrFalse,
  show: (value) => (value ? 'on' : 'off'),
}

/** A flag that is followed by `on` or `off`. */
export const onOff: OptionKind<boolean> = {
  placeholder: 'on|off',
  unit: undefined,
  choices: ['on', 'off'],
  read: (typed) => typed === 'on',
  complaint: trueOrFalse,
  show: (value) => (value ? 'on' : 'off'),
}

const longestShown = 60

/** As a message may show it, however long it is. */
export function shownBriefly(value: unknown): string {
  const isPlain = typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'string'
  const words =
    isPlain || value === null
      ? String(value)
      : typeof value === 'string'
        ? JSON.stringify(value)
        : `a ${typeof value}`
  return words.length > longestShown ? `${words.slice(0, longestShown)}…` : words
}
