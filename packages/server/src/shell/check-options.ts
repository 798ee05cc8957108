/** What cannot be meant, said before a port or a folder is opened. */
import { isLoopbackHost, maxStandbys } from '@jwp/protocol'
import { defaultTiming } from '@jwp/server/core'
import { CannotStart, type ServerProcessOptions } from './server-process-options.js'

/** @throws CannotStart */
export function checkOptions(options: ServerProcessOptions): void {
  checkRemote(options)
  checkSilence(options)
  checkClientSilence(options)
  checkClocks(options)
  checkGrowth(options)
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
  const { heartbeatEveryMs = defaultTiming.heartbeatEveryMs, silenceLimitMs = defaultTiming.silenceLimitMs } =
    options
  if (heartbeatEveryMs > 0 && silenceLimitMs >= 2 * heartbeatEveryMs) return
  throw new CannotStart(
    'bad-option',
    `a silence limit of ${silenceLimitMs} ms is too short for heartbeats every ${heartbeatEveryMs} ms: at least twice that`,
  )
}

/** @throws CannotStart when everybody would be asked all the time. */
function checkClientSilence({ clientSilenceMs = defaultTiming.clientSilenceMs }: ServerProcessOptions): void {
  if (clientSilenceMs >= 1_000) return
  throw new CannotStart('bad-option', `clients cannot answer within ${clientSilenceMs} ms: at least 1s`)
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
  // Nobody forwards a port to a process that was not there when the ports were chosen.
  if (advertisedPort !== undefined && autoscale.command === undefined) {
    throw new CannotStart(
      'bad-option',
      'a server behind a forwarded port (--advertise) cannot start others that are reachable: use --autoscale-command',
    )
  }
}
