/**
 * Signals that come while a command is still being loaded, before it can end in order: nothing has begun, so there is
 * nothing to end..
 */

/** The first signal ends these with the exit code of an orderly end, as it will when they run. */
const orderlyCodes: Readonly<Record<string, number>> = { server: 0, clock: 0, up: 0, client: 0, demo: 130 }

/** These outlive the terminal that they were started in. */
const outlivesTerminal = (command: string): boolean => command === 'server' || command === 'clock'

let stopListening = (): void => undefined

/** @param command the first word after `jwp` */
export function watchSignalsEarly(command: string | undefined): void {
  const exitCode = Object.hasOwn(orderlyCodes, command ?? '') ? orderlyCodes[command!] : undefined
  if (exitCode === undefined) return
  const end = (): never => process.exit(exitCode)
  const onSighup = outlivesTerminal(command!) ? () => undefined : end
  // A client that still asks for a name, or has published nothing yet, is interrupted like any program.
  const interrupt = (): never => process.exit(130)
  const onInterrupt = command === 'client' ? interrupt : end
  process.on('SIGTERM', end).on('SIGHUP', onSighup).on('SIGINT', onInterrupt)
  stopListening = () => {
    process.off('SIGTERM', end).off('SIGHUP', onSighup).off('SIGINT', onInterrupt)
  }
}

/** Others listen from now on. */
export function endEarlyWatch(): void {
  stopListening()
}
