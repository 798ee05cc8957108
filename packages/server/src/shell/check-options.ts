/**
 * Refuses options that make no sense, before a port or a folder is opened: first each value by its entry in the list
 * of options, then combinations of several.
 */
import { isLoopbackHost, maxStandbys } from '@jwp/protocol'
import { faultAmong, port, settingsFrom, type Option, type Options } from '@jwp/protocol/options'
import { autoscaleOptions, dataOptions, remoteOptions, serverOptions } from '@jwp/server/options'
import { CannotStart, type ServerProcessOptions } from './server-process-options.js'

/** @throws CannotStart */
export function checkOptions(options: ServerProcessOptions): void {
  checkValues('', { ...serverOptions, advertisedPort }, options, structured)
  if (options.remote !== undefined) checkValues('remote.', remoteNeeds, options.remote)
  if (options.data !== undefined) checkValues('data.', dataNeeds, options.data)
  if (options.autoscale !== undefined)
    checkValues('autoscale.', autoscaleOptions, options.autoscale, ['program'])
  checkRemote(options)
  checkSilence(options)
  checkClocks(options)
  checkGrowth(options)
}

/** On the command line it stands together with its host. */
const advertisedPort: Option<number> = { flag: 'advertise', kind: port, min: 1, help: 'Forwarded port' }

/** A server to join is given with both its host and its port. */
const remoteNeeds: Options = {
  ...remoteOptions,
  host: { ...remoteOptions.host, required: true },
  port: { ...remoteOptions.port, required: true },
}

const dataNeeds: Options = { ...dataOptions, path: { ...dataOptions.path, required: true } }

/** Options that are no plain values. */
const structured: readonly (keyof ServerProcessOptions)[] = [
  'remote',
  'clock',
  'data',
  'autoscale',
  'tls',
  'log',
]

/** @throws CannotStart */
function checkValues(prefix: string, options: Options, given: object, others: readonly string[] = []): void {
  const fault = faultAmong(options, given, { prefix, others })
  if (fault !== undefined) throw new CannotStart('bad-option', fault)
}

function checkRemote({
  remote,
  listenPort,
  advertisedHost,
  advertisedPort = listenPort,
}: ServerProcessOptions): void {
  if (remote === undefined) return
  const isAdvertised = remote.host === advertisedHost && remote.port === advertisedPort
  if (!isAdvertised && !(remote.port === listenPort && isLoopbackHost(remote.host))) return
  throw new CannotStart('bad-option', `a server cannot join itself: -rp ${remote.port} is its own port`)
}

/** @throws CannotStart when one lost heartbeat would look like a death. */
function checkSilence(options: ServerProcessOptions): void {
  const { heartbeatEveryMs, silenceLimitMs } = settingsFrom(serverOptions, options)
  if (silenceLimitMs >= 2 * heartbeatEveryMs) return
  throw new CannotStart(
    'bad-option',
    `a silence limit of ${silenceLimitMs} ms is too short for heartbeats every ${heartbeatEveryMs} ms: at least twice that`,
  )
}

/** @throws CannotStart when there are more clocks than a child may be told. */
function checkClocks({ clock }: ServerProcessOptions): void {
  if ((clock?.standbys?.length ?? 0) <= maxStandbys) return
  throw new CannotStart('bad-option', `at most ${maxStandbys + 1} clocks`)
}

/** @throws CannotStart when servers would be started in vain, or never. */
function checkGrowth({ autoscale, maxClients, advertisedPort }: ServerProcessOptions): void {
  if (autoscale === undefined) return
  if (maxClients === undefined) {
    throw new CannotStart(
      'bad-option',
      'a server that any number of clients may use is never full: --autoscale needs --max-clients',
    )
  }
  // No forwarded port leads to a process that did not exist when the ports were forwarded.
  if (advertisedPort !== undefined && autoscale.command === undefined) {
    throw new CannotStart(
      'bad-option',
      'a server behind a forwarded port (--advertise) cannot start others that are reachable: use --autoscale-command',
    )
  }
}
