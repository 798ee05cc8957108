/** Turns whatever was thrown into a failure that a user can read. */
import { didYouMean } from '../argv/did-you-mean.js'
import { CliFailure } from './cli-failure.js'
import { exitCodes, type ExitCode } from './exit-codes.js'

/** Undefined: nothing to explain (a command ended by itself with a code that is already set). */
export function explainFailure(
  thrown: unknown,
  command: string | undefined,
  known: KnownWords = { commands: [], flags: [], singleDash: [] },
): CliFailure | undefined {
  if (thrown instanceof CliFailure) return thrown
  if (!(thrown instanceof Error)) return new CliFailure(String(thrown), { exitCode: exitCodes.failed })
  const { code } = thrown as NodeJS.ErrnoException
  if (code === 'EEXIT') return undefined
  // An error of a flag's own parser reaches us as it was thrown, with oclif's words around its message.
  if ('oclif' in thrown || thrown.message.startsWith('Parsing -')) return usageFailure(thrown, command, known)
  return systemFailure(thrown) ?? unexpectedFailure(thrown)
}

/** This failure was not foreseen, so it is probably a defect of JWP. */
const unexpectedFailure = (thrown: Error) =>
  new CliFailure(thrown.message, {
    advice: 'the same with JWP_DEBUG=1, which shows where it happened, and please report it',
    exitCode: exitCodes.failed,
    cause: thrown,
  })

/** oclif speaks of several lines, with a headline and a hint of its own. */
function usageFailure(thrown: Error, command: string | undefined, known: KnownWords): CliFailure {
  const message = thrown.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(The following errors? occurred:|See more help with)/.test(line))
    .join('; ')
    .replace(/^Parsing (--?[\w-]+)\s*;/, '$1:')
  const [, unknownCommand] = /command (\S+) not found/i.exec(message) ?? []
  const help = unknownCommand !== undefined || command === undefined ? 'jwp --help' : `jwp ${command} --help`
  const meant =
    unknownCommand === undefined ? meantFlag(message, known) : didYouMean(unknownCommand, known.commands)
  const advice = meant === undefined ? help : `did you mean ${meant}? ${help} has all of them`
  return new CliFailure(asTyped(message, known), { advice, exitCode: exitCodes.usage })
}

/** What the user can say instead: flags as they are shown, with their dash or two. */
export interface KnownWords {
  readonly commands: readonly string[]
  readonly flags: readonly string[]
  /** Those of the flags that have one dash in every example. */
  readonly singleDash: readonly string[]
}

function meantFlag(message: string, known: KnownWords): string | undefined {
  const [, unknown] = /Nonexistent flags?: --?([\w-]+)/.exec(message) ?? []
  if (unknown === undefined) return undefined
  const meant = didYouMean(unknown, known.flags)
  return meant && asTyped(`--${meant}`, known)
}

/** Flags that have one dash in every example reach oclif with two, and it names them with two, or with none. */
function asTyped(message: string, { singleDash }: KnownWords): string {
  if (singleDash.length === 0) return message
  const names = `(${singleDash.join('|')})(?![\\w-])`
  return message
    .replace(new RegExp(`(^|\\s)--${names}`, 'g'), '$1-$2')
    .replace(new RegExp(`(Missing required flag) ${names}`, 'g'), '$1 -$2')
}

const byCode: Record<string, { exitCode: ExitCode; advice: string }> = {
  EADDRINUSE: {
    exitCode: exitCodes.cannotListen,
    advice: 'another port (-lp), or end the process that holds this one',
  },
  EACCES: { exitCode: exitCodes.cannotListen, advice: 'a port above 1023 (-lp)' },
  EADDRNOTAVAIL: { exitCode: exitCodes.cannotListen, advice: 'an address that this machine has (-lh)' },
  ENOTFOUND: { exitCode: exitCodes.unreachable, advice: 'check the spelling of the host (-rh)' },
  EAI_AGAIN: {
    exitCode: exitCodes.unreachable,
    advice: 'check the spelling of the host (-rh), and the network',
  },
  ECONNREFUSED: {
    exitCode: exitCodes.unreachable,
    advice: 'start the server first, or check host and port (-rh, -rp)',
  },
  ETIMEDOUT: {
    exitCode: exitCodes.unreachable,
    advice: 'check host and port (-rh, -rp), and firewalls between here and there',
  },
}

function systemFailure(thrown: NodeJS.ErrnoException): CliFailure | undefined {
  const known = thrown.code === undefined ? undefined : byCode[thrown.code]
  return known && new CliFailure(thrown.message, known)
}
