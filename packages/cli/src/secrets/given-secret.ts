/** The three ways to give a command a secret. */
import { readSecretFile } from './secret-file.js'

export interface SecretSources {
  /** On the command line, where everybody on the machine can read it in the list of processes. */
  readonly flag: string | undefined
  /** Path of a file that has it as its first line. */
  readonly file: string | undefined
  /** Name of a variable of the environment. */
  readonly variable: string
}

/**
 * The command line wins over the file, and the file over the environment: who types something now means it. Empty
 * texts count as none.
 *
 * @throws CliFailure when the file cannot be used
 */
export function givenSecret({ flag, file, variable }: SecretSources): string | undefined {
  if (flag !== undefined && flag !== '') return flag
  if (file !== undefined) return readSecretFile(file)
  const inherited = process.env[variable]
  return inherited === '' ? undefined : inherited
}
