/**
 * What of the log is kept for users who are away, and delivered at their next login.
 *
 * - `missed`: what was sent while the user was connected, and was not delivered.
 * - `all`: that, and what was sent after the user had gone.
 * - `none`: nothing; delivery begins with what comes.
 */
export const offlinePolicies = ['missed', 'all', 'none'] as const
export type OfflinePolicy = (typeof offlinePolicies)[number]
