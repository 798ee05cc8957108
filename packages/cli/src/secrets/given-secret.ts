/** The three ways to give a command a secret. */
import type { Option } from '@jwp/protocol/options'
import { readSecretFile } from './secret-file.js'

/** A secret that can also come from a file, or from the environment. */
export type SecretOption = Option<string> & { readonly file: string; readonly env: string }

/**
 * The command line (which every user of the machine can read in the list of processes) wins over the file, and the
 * file over the environment: what is typed now is meant. Empty texts count as none.
 *
 * @throws CliFailure when the file cannot be used
 */
export function givenSecret(
  option: SecretOption,
  flags: Readonly<Record<string, unknown>>,
): string | undefined {
  const typed = flags[option.flag]
  if (typeof typed === 'string' && typed !== '') return typed
  const file = flags[option.file]
  if (typeof file === 'string') return readSecretFile(file)
  const inherited = process.env[option.env]
  return inherited === '' ? undefined : inherited
}
