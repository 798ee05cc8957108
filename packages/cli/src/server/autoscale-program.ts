/** How a server starts another one on this machine: as it was started itself, but for what belongs to one server only. */
import type { AutoscaleOptions } from '@jwp/server'
import { fileURLToPath } from 'node:url'

const jwpScript = fileURLToPath(new URL('../../bin/jwp.js', import.meta.url))

/** Whoever starts the new server gives it its own, or must not: secrets go through the environment. */
const ownFlag = /^--(?:lp|rh|rp|s|ms|.*secret.*|name|advertise|data|end-when-idle)(?:=|$)/

/** `argv`: the words after `jwp server`, each flag joined with its value (see `argv-rewriting.ts`). */
export function autoscaleProgram(
  argv: readonly string[],
  dataFolder: string | undefined,
): AutoscaleOptions['program'] {
  const handedOn = argv.filter((word) => !ownFlag.test(word))
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
