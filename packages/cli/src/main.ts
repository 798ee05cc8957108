import { flush, handle, run, settings } from '@oclif/core'

/** Runs one `jwp` command line; the exit code of a failure is set by oclif. */
export async function main(argv: string[]): Promise<void> {
  // dist is what runs, always: oclif must not look for TypeScript sources.
  settings.enableAutoTranspile = false
  try {
    await run(argv, import.meta.url)
    await flush()
  } catch (error) {
    await handle(error as Error)
  }
}
