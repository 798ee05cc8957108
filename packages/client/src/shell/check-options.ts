/** Options that make no sense are refused before anything happens, in words that name the option. */
import { ackLevels } from '@jwp/protocol'
import { defaultClientLimits } from '@jwp/client/core'
import type { ConnectOptions } from './connect-options.js'
import { BadOption } from './errors.js'
import type { RegisterOptions } from './register-options.js'
import { shown } from './shown.js'

/** Throws, or is content. It is not asked about options that are not given. */
type Check = (value: unknown, option: string) => void

type Checks<Options> = Readonly<Record<keyof Options, Check>>

/** @throws BadOption */
export const checkConnectOptions = (options: unknown): void =>
  checkAll('connect', { servers: ['localhost:3781'] }, connectChecks, options)

/** @throws BadOption */
export const checkRegisterOptions = (options: unknown): void => {
  const example = { servers: ['localhost:3781'], username: 'aaron', secret: '...' }
  checkAll('register', example, registerChecks, options)
  for (const option of ['username', 'secret'] as const)
    if ((options as Partial<RegisterOptions>)[option] === undefined)
      throw new BadOption(`register needs a ${option}: register(${shown(example)})`)
}

/** @throws BadOption */
export const checkSendOptions = (options: unknown): void =>
  checkAll('send', { withinMs: 5_000 }, { withinMs: milliseconds }, options)

/** @throws BadOption */
export const checkCloseOptions = (options: unknown): void =>
  checkAll('close', { withinMs: 5_000 }, { now: flag, withinMs: milliseconds }, options)

function checkAll<Options>(
  call: string,
  example: object,
  checks: Checks<Options>,
  options: unknown,
): asserts options is Options {
  if (!isObject(options))
    throw new BadOption(
      `${call} takes an object of options, such as ${shown(example)}, not ${shown(options)}`,
    )
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option as keyof Options] : undefined
    if (check === undefined)
      throw new BadOption(`${call} has no option ${option}; it has ${Object.keys(checks).join(', ')}`)
    if (value !== undefined) check(value, option)
  }
}

const text: Check = (value, option) => {
  if (typeof value !== 'string') throw new BadOption(`${option} is a text, not ${shown(value)}`)
}

const filledText: Check = (value, option) => {
  text(value, option)
  if (value === '') throw new BadOption(`${option} is empty`)
}

const flag: Check = (value, option) => {
  if (typeof value !== 'boolean') throw new BadOption(`${option} is true or false, not ${shown(value)}`)
}

const milliseconds: Check = (value, option) => {
  if (typeof value !== 'number' || !(value >= 0))
    throw new BadOption(`${option} is a number of milliseconds, 0 or more, not ${shown(value)}`)
}

const atLeastOne: Check = (value, option) => {
  if (typeof value !== 'number' || !(value >= 1))
    throw new BadOption(`${option} is a number, 1 or more, not ${shown(value)}`)
}

const ackLevel: Check = (value, option) => {
  if (!ackLevels.some((level) => level === value))
    throw new BadOption(`${option} is one of ${ackLevels.join(', ')}, not ${shown(value)}`)
}

const signal: Check = (value, option) => {
  if (!isObject(value) || typeof value['aborted'] !== 'boolean')
    throw new BadOption(`${option} is an AbortSignal, not ${shown(value)}`)
}

const tls: Check = (value, option) => {
  if (!isObject(value)) throw new BadOption(`${option} is an object: { ca } or {}, not ${shown(value)}`)
  for (const [name, pem] of Object.entries(value)) {
    if (name !== 'ca') throw new BadOption(`${option} has no option ${name}; it has ca`)
    if (pem !== undefined && typeof pem !== 'string' && !(pem instanceof Uint8Array))
      throw new BadOption(`${option}.ca is a certificate in PEM, not ${shown(pem)}`)
  }
}

const limits: Check = (value, option) => {
  if (!isObject(value)) throw new BadOption(`${option} is an object of numbers, not ${shown(value)}`)
  for (const [name, amount] of Object.entries(value)) {
    if (!Object.hasOwn(defaultClientLimits, name))
      throw new BadOption(
        `${option} has no option ${name}; it has ${Object.keys(defaultClientLimits).join(', ')}`,
      )
    if (typeof amount !== 'number' || !(amount >= 0))
      throw new BadOption(`${option}.${name} is a number, 0 or more, not ${shown(amount)}`)
  }
}

/** Looked at, address by address, by `endpointsFrom`. */
const servers: Check = () => undefined

const connectChecks: Checks<ConnectOptions> = {
  servers,
  username: filledText,
  secret: text,
  ackLevel,
  withinMs: milliseconds,
  signal,
  maxBuffered: atLeastOne,
  maxBufferedBytes: atLeastOne,
  tls,
  presence: flag,
  limits,
}

const registerChecks: Checks<RegisterOptions> = {
  servers,
  username: filledText,
  secret: filledText,
  tls,
  withinMs: milliseconds,
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
