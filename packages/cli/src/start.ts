/** The life of one `jwp` process, around its command line. What takes time to load comes last. */
import { watchSignalsEarly } from './run/early-signals.js'
import { doWithoutAccount } from './run/without-account.js'

export async function start(argv: readonly string[]): Promise<void> {
  watchSignalsEarly(argv[0])
  doWithoutAccount()
  // Everything is written, and nothing will happen any more. To end here leaves no moment in which a signal that we
  // have looked after is the system's again, and would make another exit code of ours.
  process.once('beforeExit', () => process.exit())
  const { main } = await import('./main.js')
  await main(argv)
}
