/** Every flag is made from one entry in a list of options; what people read and what is checked comes from there. */
import test from 'ava'
import { clockOptions, clockPeersOptions } from '@jwp/clock-server/options'
import {
  defaultInWords,
  faultOf,
  flagName,
  helpInWords,
  readOption,
  type Option,
  type Options,
} from '@jwp/protocol/options'
import { autoscaleOptions, dataOptions, ownServerOptions, sharedServerOptions } from '@jwp/server/options'
import { parse } from '@oclif/core/parser'
import type { FlagInput } from '@oclif/core/interfaces'
import { COMMANDS } from '#dist/command-table.js'
import { flagsFrom, optionOf, settingsOf } from '#dist/flags/flags-from.js'

const flags = Object.entries(COMMANDS).flatMap(([command, { flags }]) =>
  Object.entries(flags).map(([name, flag]) => ({ command, name, flag, option: optionOf(flag) })),
)

test('every flag of every command is made from an option, and has its name', (t) => {
  t.true(flags.length > 100)
  t.deepEqual(
    flags
      .filter(({ name, option }) => option?.flag !== name)
      .map(({ command, name }) => `${command} --${name}`),
    [],
  )
})

/** Each once, though several commands may have it. */
const once = [...new Map(flags.map((each) => [each.option, each])).values()]
const options = once.flatMap(({ option }) => option ?? [])

for (const { command, option } of once) {
  if (option === undefined) continue
  const { flag, kind, help, group, env, file, needs } = option
  test(`${command} ${flagName(option)}: help, unit, default and range make sense`, (t) => {
    t.regex(help, kind.choices ? /^\S.*[^.]$/ : /^[A-Z].*[^.\s]$/, 'one sentence, without its full stop')
    t.false(/unless said|somebody|everybody|whoever/.test(helpInWords(option)), 'in plain English')
    t.not(defaultInWords(option) ?? (option.required ? 'required' : undefined), undefined, 'it has a default')
    t.true(group === undefined || group.trim() !== '')
    if (/^<(n|ms|time|size)>$/.test(kind.placeholder ?? '')) t.is(typeof kind.unit, 'string')
    const { default: value, min = 0, max = Infinity } = option
    if (value !== undefined) {
      t.is(faultOf(flag, option, value), undefined)
      if (kind.placeholder !== undefined && kind.complaint(Symbol('no value')) !== undefined)
        t.deepEqual(readOption(option, kind.show(value)), value, 'what is shown can be typed')
    }
    t.true(min <= max)
    if (env !== undefined && file === undefined) {
      t.is(env, `JWP_${flag.toUpperCase().replaceAll('-', '_')}`)
      t.is(needs, undefined, 'a variable must not ask for flags')
    }
  })
}

const ofLibraries = {
  ownServerOptions,
  sharedServerOptions,
  dataOptions,
  autoscaleOptions,
  clockOptions,
  clockPeersOptions,
}

for (const [name, list] of Object.entries(ofLibraries)) {
  test(`amounts in ${name} tell what more and less of them costs`, (t) => {
    for (const option of Object.values<Option>(list)) {
      const isAmount = option.kind.unit !== undefined
      t.is(option.raise !== undefined && option.lower !== undefined, isAmount, option.flag)
    }
  })
}

test('no variable of an option is one that a starting server sets for a command', (t) => {
  // See `environmentOf`; secrets are meant to be read.
  const set = /^JWP_(HOST|PORT|PARENT_HOST|PARENT_PORT|CLOCK|MAX_CLIENTS|AUTOSCALE_MAX|END_WHEN_IDLE)$/
  t.deepEqual(
    options.filter(({ env = '' }) => set.test(env)).map(({ flag }) => flag),
    [],
  )
})

/** What an option may be set to besides its default, as typed. */
function otherText({ kind, default: value, min = 1 }: Option): string {
  const other = kind.choices?.find((word) => word !== value)
  return other ?? (kind.unit === undefined ? 'other' : String(Number(min) + 7))
}

const tunable = Object.entries<Option>(sharedServerOptions).filter(([, { env }]) => env !== undefined)

test('the options of a whole network can be set in the environment, but for switches and those of growth', (t) => {
  const without = Object.entries<Option>(sharedServerOptions).filter(([, { env }]) => env === undefined)
  t.deepEqual(
    without.map(([name]) => name),
    ['balance', 'maxClients'],
  )
})

for (const [name, option] of tunable) {
  test.serial(`${flagName(option)}: flag, variable and setting agree`, async (t) => {
    const list: Options = { [name]: option }
    const typed = otherText(option)
    const value = readOption(option, typed)
    const settings = async (argv: string[]): Promise<unknown> => {
      const { flags } = await parse(argv, { flags: flagsFrom(list) })
      return settingsOf(list, flags as Record<string, unknown>)[name]
    }
    t.is(await settings([]), option.default)
    t.is(await settings([`--${option.flag}=${typed}`]), value)
    t.teardown(() => delete process.env[option.env!])
    process.env[option.env!] = typed
    t.is(await settings([]), value)
    process.env[option.env!] = ''
    t.is(await settings([]), option.default, 'an empty variable counts as none')
    process.env[option.env!] = 'nonsense'
    const { message } = await t.throwsAsync(settings([]))
    t.regex(
      message,
      new RegExp(option.kind.choices ? `--${option.flag}` : `--${option.flag}.*${option.env} is set`, 's'),
    )
    const unset = option.default === undefined ? option.otherwise : option.kind.show(option.default)
    const { summary } = (flagsFrom(list) as FlagInput)[option.flag]!
    t.true(summary!.endsWith(`(default: ${unset}; env: ${option.env})`), summary)
  })
}
