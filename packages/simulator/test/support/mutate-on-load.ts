/** A loader hook: the one file that a mutant changes is changed on its way into the process. */
import type { LoadHook } from 'node:module'
import type { Mutant } from './mutants.js'

let mutant: Mutant

export function initialize(given: Mutant): void {
  mutant = given
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context)
  if (!url.endsWith(`/packages/${mutant.file}`)) return loaded
  const source = Buffer.from(loaded.source as Uint8Array).toString()
  if (source.split(mutant.from).length !== 2) {
    throw new Error(
      `"${mutant.from}" is in ${mutant.file} ${source.split(mutant.from).length - 1} times, not once`,
    )
  }
  return { ...loaded, source: source.replace(mutant.from, () => mutant.to) }
}
