/** The defaults of all options: here and nowhere else. The README's table shows the same values; a test compares. */
import { anonymous } from '@jwp/protocol'
import { defaultClientLimits } from '@jwp/client/core'

export const connectDefaults = {
  username: anonymous,
  ackLevel: 'logged',
  withinMs: 30_000,
  maxBuffered: 1_024,
  /** 16 MiB. */
  maxBufferedBytes: 16_777_216,
  presence: false,
} as const

export const registerDefaults = {
  /** As for the answer to LOGIN. */
  withinMs: defaultClientLimits.loginWithinMs,
} as const

export const closeDefaults = {
  now: false,
  withinMs: 30_000,
} as const
