/** Flags of oclif, made from options, and the way back from what was typed to settings. */
import type { BooleanFlag, OptionFlag } from '@oclif/core/interfaces'
import * as Flags from '@oclif/core/flags'
import {
  defaultInWords,
  flagName,
  helpInWords,
  readOption,
  settingsFrom,
  text,
  type GivenOptions,
  type Option,
  type Options,
  type Settings,
  type ValueOf,
} from '@jwp/protocol/options'

/** By the names that the command line has. */
export type FlagsFrom<Defined extends Options> = {
  readonly [Name in keyof Defined as Defined[Name]['flag']]: Defined[Name]['kind'] extends {
    readonly placeholder: undefined
  }
    ? BooleanFlag<boolean>
    : OptionFlag<ValueOf<Defined[Name]> | undefined>
} & {
  readonly [
    Name in keyof Defined as Defined[Name] extends { readonly file: infer File extends string } ? File : never
  ]: OptionFlag<string | undefined>
}

/** What oclif has read, by the names that the command line has. */
type FlagValues<Defined extends Options> = Readonly<Record<Defined[keyof Defined]['flag'], unknown>>

export function flagsFrom<const Defined extends Options>(options: Defined): FlagsFrom<Defined> {
  const flags = Object.values<Option>(options)
    .flatMap((option) => (option.file === undefined ? [option] : [option, fileOption(option, option.file)]))
    .map((option) => [option.flag, flagFrom(option)])
  return Object.fromEntries(flags) as FlagsFrom<Defined>
}

/** Names a file with the value of another option. */
function fileOption({ needs, group, ownOnly, ...option }: Option, flag: string): Option<string> {
  return {
    flag,
    kind: text('<file>'),
    otherwise: 'none',
    help: `The secret of ${flagName(option)}, as the first line of a file that only its owner may read`,
    ...(needs && { needs }),
    ...(group && { group }),
    ...(ownOnly && { ownOnly }),
  }
}

/** What was typed or found in the environment, and for the rest the defaults. */
export function settingsOf<const Defined extends Options>(
  options: Defined,
  flags: FlagValues<Defined>,
): Settings<Defined> {
  const typed = flags as Readonly<Record<string, unknown>>
  const given = Object.entries(options).map(([name, { flag }]) => [name, typed[flag]])
  return settingsFrom(options, Object.fromEntries(given) as GivenOptions<Defined>)
}

/** The option that a flag was made from; undefined: it was made by hand. */
export const optionOf = (flag: object): Option | undefined => (flag as { option?: Option }).option

// Defaults stay with us: oclif would count an option as given that needs another one, and was not.
function flagFrom(option: Option): object {
  const { flag, char, kind, negatable, needs, excludes, required, group } = option
  const shared = {
    option,
    summary: summaryOf(option),
    ...(char !== undefined && { char }),
    ...(option.singleDash && { helpLabel: flagName({ flag, singleDash: true }) }),
    ...(group !== undefined && { helpGroup: group }),
    ...(needs !== undefined && { dependsOn: [...needs] }),
    ...(excludes !== undefined && { exclusive: [...excludes] }),
  }
  if (kind.placeholder === undefined) {
    const isOn = option.default === true
    return Flags.boolean({ ...shared, ...(isOn && { default: true }), allowNo: negatable === true } as object)
  }
  return Flags.custom<unknown>({
    ...shared,
    helpValue: kind.placeholder,
    ...(kind.choices && { options: [...kind.choices] }),
    ...(required && { required }),
    // A file counts for more than the environment.
    ...(option.env !== undefined && option.file === undefined && { env: option.env }),
    parse: (text: string, context: { readonly token?: unknown }) =>
      read(option, text, context.token === undefined),
  } as object)()
}

function read(option: Option, text: string, isFromEnvironment: boolean): Promise<unknown> {
  try {
    return Promise.resolve(readOption(option, text))
  } catch (error) {
    const { message } = error as Error
    return Promise.reject(new Error(isFromEnvironment ? `${option.env} is set, and ${message}` : message))
  }
}

/** As `--help` has it: what it does, and in brackets what holds when nothing is said, and the variable. */
function summaryOf(option: Option): string {
  const { env, kind, negatable, required } = option
  const isSwitch = kind.placeholder === undefined && !negatable
  const value = defaultInWords(option)
  const facts = [
    ...(required || isSwitch || value === 'none' ? [] : [`default: ${value}`]),
    ...(env === undefined ? [] : [`env: ${env}`]),
  ]
  return facts.length === 0 ? helpInWords(option) : `${helpInWords(option)} (${facts.join('; ')})`
}
