/** How a server starts another one on this machine: as it was started itself, but for what belongs to one server only. */
import type { AutoscaleOptions } from '@jwp/server'
import { fileURLToPath } from 'node:url'
import { knownFlagsOf } from '../argv/known-flags.js'
import { wordsThatSet } from '../argv/words-that-set.js'
import { optionOf } from '../flags/flags-from.js'
import { serverFlags } from '../flags/server-flags.js'

const jwpScript = fileURLToPath(new URL('../../bin/jwp.js', import.meta.url))

/** The program that starts the new server gives it its own, or must not: secrets go through the environment. */
const ownFlags = Object.fromEntries(
  Object.entries(serverFlags).filter(([, flag]) => optionOf(flag)?.ownOnly === true),
)

/** `argv`: the words after `jwp server`, each flag joined with its value (see `argv-rewriting.ts`). */
export function autoscaleProgram(
  argv: readonly string[],
  dataFolder: string | undefined,
): AutoscaleOptions['program'] {
  const own = new Set(wordsThatSet(knownFlagsOf({ flags: ownFlags }), argv))
  const handedOn = argv.filter((word) => !own.has(word))
  return (port) => ({
    file: process.execPath,
    // Beside our own folder: what is acknowledged must survive on its disk as it would on ours.
    args: [
      jwpScript,
      'server',
      ...handedOn,
      ...(dataFolder === undefined ? [] : [`--data=${dataFolder}-${port}`]),
    ],
  })
}
