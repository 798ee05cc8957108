/** The options of the core: what its shell has found, what the user has set, and defaults for the rest. */
import { randomBytes } from 'node:crypto'
import { coreSection, defaultClockPort, defaultHost } from '@jwp/protocol/options'
import { defaultLimits, defaultTiming, reportEveryMsFor, type ServerOptions } from '@jwp/server/core'
import { autoscaleOptions, serverOptions } from '@jwp/server/options'
import type { ServerProcessOptions } from './server-process-options.js'

/** Known only once the port is open and the folders are read. */
export type FoundAtStart = Pick<ServerOptions, 'self' | 'incarnation' | 'remote' | 'contacts' | 'disk'>

export function coreOptionsOf(told: ServerProcessOptions, found: FoundAtStart): ServerOptions {
  const { autoscale, balance, clock } = told
  const timing = coreSection(serverOptions, 'timing', told)
  return {
    ...found,
    clock: clock ?? { host: defaultHost, port: defaultClockPort },
    seed: randomBytes(4).readUInt32LE(),
    balance,
    timing: { ...defaultTiming, ...timing, reportEveryMs: reportEveryMsFor(timing.syncEveryMs) },
    limits: { ...defaultLimits, ...coreSection(serverOptions, 'limits', told) },
    growth: {
      ...coreSection(serverOptions, 'growth', told),
      maxServers: autoscale && (autoscale.maxServers ?? autoscaleOptions.maxServers.default),
    },
  }
}
