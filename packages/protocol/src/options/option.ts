/**
 * An option: everything that is known of it, in one place. Flags, environment, `--help`, docs, checks and the options
 * of the cores are made from it.
 */
import { shownBriefly, type OptionKind } from './option-kind.js'

export interface Option<Value = unknown> {
  /** Without its dashes. */
  readonly flag: string
  /** Written with one dash, as in the source designs: `-lp`. */
  readonly singleDash?: true
  /** One letter that means the same. */
  readonly char?: string
  readonly kind: OptionKind<Value>
  readonly default?: NoInfer<Value>
  /** What holds when nothing is said and there is no default value: `any number`. */
  readonly otherwise?: string
  /** In the unit of its kind. */
  readonly min?: number
  readonly max?: number
  /** One sentence on what it does, without its default. */
  readonly help: string
  /** What a higher and a lower amount costs or brings. */
  readonly raise?: string
  readonly lower?: string
  /** Its headline in `--help` and in the docs; undefined: it is among the first. */
  readonly group?: string
  /** The variable of the environment that counts when the flag is not given. */
  readonly env?: string
  /** The flag that names a file with its value, which counts for more than the environment. */
  readonly file?: string
  readonly required?: true
  /** Flags that must be given, too. */
  readonly needs?: readonly string[]
  /** Flags that may not be given, too. */
  readonly excludes?: readonly string[]
  /** `--no-x` is understood as well. */
  readonly negatable?: true
  /** It concerns one server only: a server that is started by this one does not get it. */
  readonly ownOnly?: true
  /** Where a core finds it: `timing.silenceLimitMs`. */
  readonly core?: string
}

/** Options by the name that a program gives them. */
export type Options = Readonly<Record<string, Option>>

export const defineOptions = <const Defined extends Options>(options: Defined): Defined => options

export type ValueOf<Defined> = Defined extends { readonly kind: OptionKind<infer Value> } ? Value : never

/** What a program may say. */
export type GivenOptions<Defined extends Options> = {
  readonly [Name in keyof Defined]?: ValueOf<Defined[Name]> | undefined
}

/** What holds in the end. */
export type Setting<Defined> = Defined extends
  | { readonly default: unknown }
  | { readonly required: true }
  | { readonly kind: { readonly placeholder: undefined } }
  ? ValueOf<Defined>
  : ValueOf<Defined> | undefined

export type Settings<Defined extends Options> = {
  readonly [Name in keyof Defined]: Setting<Defined[Name]>
}

/** The options of one section of a core: `timing`, by the names that it has there. */
export type CoreSection<Defined extends Options, Section extends string> = {
  readonly [
    Name in keyof Defined as Defined[Name] extends { readonly core: `${Section}.${infer Field}` }
      ? Field
      : never
  ]: Setting<Defined[Name]>
}

/** What is said, and for the rest the defaults. */
export function settingsFrom<Defined extends Options>(
  options: Defined,
  given: GivenOptions<Defined>,
): Settings<Defined> {
  const settings = Object.entries(options).map(([name, option]) => [name, given[name] ?? defaultOf(option)])
  return Object.fromEntries(settings) as Settings<Defined>
}

/** The options of a section of a core: the given values, and the defaults for the rest. */
export function coreSection<Defined extends Options, Section extends string>(
  options: Defined,
  section: Section,
  given: GivenOptions<Defined>,
): CoreSection<Defined, Section> {
  const fields = Object.entries(options).flatMap(([name, option]) => {
    const [in_, field] = option.core?.split('.') ?? []
    return in_ === section ? [[field, given[name] ?? defaultOf(option)]] : []
  })
  return Object.fromEntries(fields) as CoreSection<Defined, Section>
}

function defaultOf({ default: value, kind }: Option): unknown {
  return value ?? (kind.placeholder === undefined ? false : undefined)
}

/** @throws Error that says what was expected instead of this text */
export function readOption<Value>(option: Option<Value>, text: string): Value {
  const value = option.kind.read(text)
  const range = outOfRange(option, value)
  if (range !== undefined) throw new Error(`${range}, not ${text}`)
  return value
}

/** What is wrong with a value that a program gives, with the option's names. Undefined: nothing. */
export function faultOf<Value>(name: string, option: Option<Value>, value: unknown): string | undefined {
  if (value === undefined) return option.required ? `${name} (${flagName(option)}) is needed` : undefined
  const fault = option.kind.complaint(value) ?? outOfRange(option, value)
  const shown = option.kind.isSecret ? `a ${typeof value}` : shownBriefly(value)
  return fault && `${name} (${flagName(option)}): ${fault}, not ${shown}`
}

/**
 * The first thing that is wrong with what a program gives; undefined: nothing.
 * @param others names of options that are no plain values
 * @param prefix of all names: `data.`
 */
export function faultAmong(
  options: Options,
  given: object,
  { others = [], prefix = '' }: { readonly others?: readonly string[]; readonly prefix?: string } = {},
): string | undefined {
  const known = [...Object.keys(options), ...others]
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) return `there is no option ${prefix}${unknown}, there are ${known.join(', ')}`
  for (const [name, option] of Object.entries(options)) {
    const fault = faultOf(`${prefix}${name}`, option, (given as Readonly<Record<string, unknown>>)[name])
    if (fault !== undefined) return fault
  }
  return undefined
}

/** The flag as it is typed. */
export const flagName = ({ flag, singleDash }: Pick<Option, 'flag' | 'singleDash'>): string =>
  `${singleDash ? '-' : '--'}${flag}`

/** The words of a command line that say these values. What is undefined is not said. */
export function argvOf<Defined extends Options>(options: Defined, given: GivenOptions<Defined>): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const value = given[name]
    if (value === undefined) return []
    const flag = flagName(option)
    if (option.kind.placeholder !== undefined) return [`${flag}=${option.kind.show(value)}`]
    if (value === true) return [flag]
    return option.negatable ? [`--no-${option.flag}`] : []
  })
}

/** In the words of `--help`: `8`, `1min`, `any number`. */
export function defaultInWords<Value>(option: Option<Value>): string | undefined {
  if (option.default !== undefined) return option.kind.show(option.default)
  return option.otherwise ?? (option.kind.placeholder === undefined ? 'off' : undefined)
}

/** `200 to 60000 ms`; undefined: any. */
export function rangeInWords({ min, max, kind }: Option): string | undefined {
  if (min === undefined && max === undefined) return undefined
  const unit = kind.unit === undefined ? '' : ` ${kind.unit}`
  if (max === undefined) return `at least ${min}${unit}`
  return `${min ?? 0} to ${max}${unit}`
}

/** One sentence or three: what it does, and what more and less of it costs. */
export function helpInWords({ help, raise, lower }: Option): string {
  return [
    `${help}.`,
    ...(raise === undefined ? [] : [`Higher: ${raise}.`]),
    ...(lower === undefined ? [] : [`Lower: ${lower}.`]),
  ].join(' ')
}

function outOfRange<Value>(option: Option<Value>, value: unknown): string | undefined {
  const { min = -Infinity, max = Infinity } = option
  return typeof value === 'number' && (value < min || value > max) ? rangeInWords(option) : undefined
}
