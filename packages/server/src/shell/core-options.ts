/** What the core is told: what its shell has found, what the user has said, and for the rest the defaults. */
import { randomBytes } from 'node:crypto'
import { defaultLimits, defaultTiming, type ServerOptions } from '@jwp/server/core'
import { defaultMaxServers } from './growth/server-starter.js'
import type { ServerProcessOptions } from './server-process-options.js'

/** Known only once the port is open and the folders are read. */
export type FoundAtStart = Pick<ServerOptions, 'self' | 'incarnation' | 'remote' | 'contacts' | 'disk'>

export function coreOptionsOf(told: ServerProcessOptions, found: FoundAtStart): ServerOptions {
  const { timeBeforeReconnectMs, syncEveryMs, deliverEveryMs, clock } = told
  const { maxChildren, retentionMs, retentionBytes, heartbeatEveryMs, silenceLimitMs } = told
  const { maxClients, autoscale, endWhenIdleMs } = told
  return {
    ...found,
    clock: clock ?? { host: 'localhost', port: 3779 },
    seed: randomBytes(4).readUInt32LE(),
    balance: told.balance,
    timing: {
      ...defaultTiming,
      ...(heartbeatEveryMs === undefined ? {} : { heartbeatEveryMs }),
      ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
      ...(told.clientSilenceMs === undefined ? {} : { clientSilenceMs: told.clientSilenceMs }),
      ...(timeBeforeReconnectMs === undefined ? {} : { timeBeforeReconnectMs }),
      ...(syncEveryMs === undefined ? {} : { syncEveryMs, reportEveryMs: Math.max(1, syncEveryMs) }),
      ...(deliverEveryMs === undefined ? {} : { deliverEveryMs }),
    },
    limits: {
      ...defaultLimits,
      maxChildren: maxChildren ?? defaultLimits.maxChildren,
      retentionMs: retentionMs ?? defaultLimits.retentionMs,
      retentionBytes: retentionBytes ?? defaultLimits.retentionBytes,
      failedLoginsPerMinute: told.maxFailedLogins ?? defaultLimits.failedLoginsPerMinute,
      offline: told.offline ?? defaultLimits.offline,
      backlogMs: told.backlogMs ?? defaultLimits.backlogMs,
    },
    growth: {
      maxClients,
      maxServers: autoscale && (autoscale.maxServers ?? defaultMaxServers),
      endWhenIdleMs,
    },
  }
}
