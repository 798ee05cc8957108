/**
 * When a long-running command has to end: a signal; the end of the process that supervises it (`jwp up`, `jwp demo`),
 * which shows as a closed IPC channel or the parent watch even if that process was killed with SIGKILL; or the end of
 * the reader of its output (`jwp tree --watch | head`).
 *
 * The first request asks for an orderly end. A second Ctrl-C means "now": the process ends at once.
 */
import { exitCodes } from '../failure/exit-codes.js'
import { endEarlyWatch } from './early-signals.js'
import { watchParent } from './parent-watch.js'

export type EndRequest = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'supervisor gone' | 'reader gone'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface EndRequests {
  /** Resolves at the first request; never rejects. */
  readonly first: Promise<EndRequest>
  /**
   * Stops listening, so that the event loop may drain. Ctrl-C has its usual meaning again; asking once more does not
   * change the exit code of a command that was asked to end.
   */
  ignore(): void
}

/**
 * Starts to listen at once.
 * @param onFirst runs in the same turn as the signal, e.g. to say what is going on
 * @param onSighup is told of SIGHUP, which is no request to end then: what it was started in is gone, and it stays
 */
export function endRequests(onFirst?: (request: EndRequest) => void, onSighup?: () => void): EndRequests {
  let isEnding = false
  let resolveFirst!: (request: EndRequest) => void
  const first = new Promise<EndRequest>((resolve) => (resolveFirst = resolve))

  const ask = (request: EndRequest): void => {
    // SIGTERM twice is no sign of impatience (a supervisor may repeat itself); Ctrl-C twice is.
    if (isEnding && request === 'SIGINT') process.exit(exitCodes.interrupted)
    if (isEnding) return
    isEnding = true
    onFirst?.(request)
    resolveFirst(request)
  }

  const listeners = signals.map((signal) => {
    const listener = signal === 'SIGHUP' && onSighup !== undefined ? onSighup : () => ask(signal)
    return [signal, listener] as const
  })
  for (const [signal, listener] of listeners) process.on(signal, listener)
  endEarlyWatch()
  const onSupervisorGone = (): void => ask('supervisor gone')
  if (process.channel) process.on('disconnect', onSupervisorGone)
  watchParent(onSupervisorGone)
  const onOutputError = (): void => ask('reader gone')
  process.stdout.on('error', onOutputError)

  return {
    first,
    ignore() {
      for (const [signal, listener] of listeners) {
        const stays = signal !== 'SIGINT' && (isEnding || (signal === 'SIGHUP' && onSighup !== undefined))
        if (!stays) process.off(signal, listener)
      }
      process.off('disconnect', onSupervisorGone)
      process.stdout.off('error', onOutputError)
    },
  }
}
