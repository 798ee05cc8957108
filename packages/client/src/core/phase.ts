/** Where a client stands: looking for a server, at one, or done. */
import type { Endpoint } from '@jwp/protocol'

export type Phase =
  | { readonly is: 'idle' }
  | { readonly is: 'pausing'; readonly untilMs: number }
  | {
      readonly is: 'dialling'
      readonly endpoint: Endpoint
      readonly sinceMs: number
      readonly deadlineMs: number
    }
  | { readonly is: 'logging-in'; readonly endpoint: Endpoint; readonly deadlineMs: number }
  | { readonly is: 'online'; readonly endpoint: Endpoint; readonly sinceMs: number }
  | { readonly is: 'stopped' }

/** Online for so long, in milliseconds: this server serves us. When it is lost, the search begins at once and anew. */
const stableAfterMs = 1_000

export function isStable(phase: Phase, nowMs: number): boolean {
  return phase.is === 'online' && nowMs - phase.sinceMs >= stableAfterMs
}
