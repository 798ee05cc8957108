import { run } from '@oclif/core/run'
import { flush } from '@oclif/core/flush'
import { settings } from '@oclif/core/settings'
import { knownFlagsOf } from './argv/known-flags.js'
import { rewriteArgv } from './argv/argv-rewriting.js'
import { COMMANDS } from './command-table.js'
import { explainFailure } from './failure/explain-failure.js'
import { printFailure } from './failure/print-failure.js'

/** Runs one `jwp` command line. Failures are printed for people and set the exit code; nothing is thrown. */
export async function main(argv: readonly string[]): Promise<void> {
  // dist is what runs, always: oclif must not look for TypeScript sources.
  settings.enableAutoTranspile = false
  const [id, ...words] = argv
  const command = id === undefined ? undefined : COMMANDS[id]
  try {
    await run(command ? [id!, ...rewriteArgv(words, knownFlagsOf(command))] : [...argv], import.meta.url)
    await flush()
  } catch (thrown) {
    const failure = explainFailure(thrown, id)
    if (!failure) return
    printFailure(failure)
    process.exitCode = failure.exitCode
  }
}
