// Parts of oclif rather than all of it: the rest would cost a fifth of the time in which a server starts.
import { flush } from '@oclif/core/flush'
import { run } from '@oclif/core/run'
import { settings } from '@oclif/core/settings'
import { rewriteArgv } from './argv/argv-rewriting.js'
import { knownFlagsOf, singleDashFlagsOf } from './argv/known-flags.js'
import { COMMANDS } from './command-table.js'
import { explainFailure } from './failure/explain-failure.js'
import { printFailure } from './failure/print-failure.js'
import { guardOutput } from './run/output-guard.js'

/** Runs one `jwp` command line. Failures are printed for people and set the exit code; nothing is thrown. */
export async function main(argv: readonly string[]): Promise<void> {
  // dist is what runs, always: oclif must not look for TypeScript sources.
  settings.enableAutoTranspile = false
  guardOutput()
  const [id, ...words] = asFlags(argv)
  const command = id !== undefined && Object.hasOwn(COMMANDS, id) ? COMMANDS[id] : undefined
  try {
    await run(
      id !== undefined && command ? [id, ...rewriteArgv(words, knownFlagsOf(command))] : asFlags(argv),
      import.meta.url,
    )
    await flush()
  } catch (thrown) {
    const failure = explainFailure(thrown, id, {
      commands: [...Object.keys(COMMANDS), 'help', 'version'],
      flags: command === undefined ? [] : [...knownFlagsOf(command).keys(), 'help'],
      singleDash: command === undefined ? [] : singleDashFlagsOf(command),
    })
    if (!failure) return
    printFailure(failure)
    process.exitCode = failure.exitCode
  }
}

/** `jwp help`, `jwp help server` and `jwp version`, as in other command lines. */
function asFlags(argv: readonly string[]): string[] {
  const [first, second] = argv
  if (first === 'version') return ['--version']
  if (first !== 'help') return [...argv]
  return second === undefined || second.startsWith('-') ? ['--help'] : [second, '--help']
}
