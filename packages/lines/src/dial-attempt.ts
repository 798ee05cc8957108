/** Dialling once, whatever is spoken then. */

/** Why nothing opened. `refused`: nothing listens there, so the process is dead. */
export type DialFailure = 'refused' | 'unreachable'

export interface DialAttempt {
  /** Gives up; nothing is reported afterwards. What is open is not touched. */
  cancel(): void
}

/** It cannot be dialled at all, which is reported like any other failure. */
export function failLater(
  outcome: { onFailure(why: DialFailure, info: string): void },
  info: string,
): DialAttempt {
  const report = setImmediate(() => {
    outcome.onFailure('unreachable', info)
  })
  return {
    cancel: () => {
      clearImmediate(report)
    },
  }
}
