/**
 * What a `jwp server` or `jwp clock` tells the process that started it with an IPC channel. Without one, nothing
 * is sent. (That such a process also ends with its supervisor: see `end-request.ts`.)
 */
import type { ExitCode } from '../failure/exit-codes.js'

export type SupervisedMessage =
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'failed'
      readonly message: string
      readonly advice: string | undefined
      readonly exitCode: ExitCode
    }

export function tellSupervisor(message: SupervisedMessage): void {
  // A supervisor that has just died must not fail us; our own end follows from the closed channel.
  process.send?.(message, undefined, undefined, () => undefined)
}

/** Undefined for anything else, since a channel may carry other messages. */
export function supervisedMessageOf(value: unknown): SupervisedMessage | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  if (value.type === 'listening' || value.type === 'failed') return value as SupervisedMessage
  return undefined
}
