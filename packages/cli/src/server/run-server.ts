/** `jwp server`: one server for as long as this process lives. */
import {
  checkPort,
  startServer,
  type AutoscaleOptions,
  type DataOptions,
  type OfflinePolicy,
  type RunningServer,
} from '@jwp/server'
import { isLoopbackHost, type ClockAddresses, type Endpoint } from '@jwp/protocol'
import type { TlsIdentity } from '@jwp/lines'
import { runUntilEnded } from '../run/run-until-ended.js'
import { awaitLocalSecret } from './await-local-secret.js'
import { checkHost } from './check-host.js'
import { explainStart, explainStop } from './explain-start.js'

export interface ServerSettings {
  /** Under which others reach us. */
  readonly host: string
  readonly port: number
  /** Address to listen on and connect from; undefined: all. */
  readonly bind: string | undefined
  /** Where others reach us, if not at `host` and `port`. */
  readonly advertise: Endpoint | undefined
  readonly name: string | undefined
  readonly secret: string | undefined
  /** Whom to join; undefined: found a network. */
  readonly remote: Endpoint | undefined
  /** What `remote` accepts; undefined: look into the keyring. */
  readonly parentSecret: string | undefined
  /** Where the clock may be; undefined: at its usual place. */
  readonly clocks: readonly Endpoint[] | undefined
  readonly timeBeforeReconnectMs: number | undefined
  readonly syncEveryMs: number | undefined
  readonly deliverEveryMs: number | undefined
  readonly heartbeatEveryMs: number | undefined
  readonly silenceLimitMs: number | undefined
  readonly clientSilenceMs: number | undefined
  readonly maxChildren: number | undefined
  readonly balance: boolean
  readonly data: DataOptions | undefined
  readonly retentionMs: number | undefined
  readonly retentionBytes: number | undefined
  readonly offline: OfflinePolicy | undefined
  readonly backlogMs: number | undefined
  readonly maxClients: number | undefined
  readonly autoscale: AutoscaleOptions | undefined
  readonly endWhenIdleMs: number | undefined
  readonly httpToken: string | undefined
  readonly maxConnections: number | undefined
  readonly maxConnectionsPerAddress: number | undefined
  readonly maxFailedLogins: number | undefined
  readonly maxRate: number | undefined
  /** Undefined: plain. */
  readonly tls: TlsIdentity | undefined
  readonly json: boolean
}

/** @throws CliFailure when the server cannot start. Later ends set the exit code of the process. */
export async function runServer(settings: ServerSettings): Promise<void> {
  const { exitCode, info } = await runUntilEnded(
    () => start(settings),
    (server) => server.leave(),
  )
  if (exitCode !== 0) throw explainStop(exitCode, info, settings)
}

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { remote, parentSecret, clocks } = settings
  try {
    // Waiting for the other server takes a while, and would be in vain.
    if (remote) await checkPort({ listenPort: settings.port, bindHost: settings.bind })
    if (remote && !isLoopbackHost(remote.hostname)) await checkHost(remote.hostname)
    else if (remote && parentSecret === undefined) await awaitLocalSecret(remote.port)
    return await startServer({
      listenPort: settings.port,
      bindHost: settings.bind,
      advertisedHost: settings.advertise?.hostname ?? settings.host,
      advertisedPort: settings.advertise?.port,
      name: settings.name,
      secret: settings.secret,
      remote: remote && { host: remote.hostname, port: remote.port, secret: parentSecret },
      clock: clocks && clockAddresses(clocks),
      timeBeforeReconnectMs: settings.timeBeforeReconnectMs,
      syncEveryMs: settings.syncEveryMs,
      deliverEveryMs: settings.deliverEveryMs,
      heartbeatEveryMs: settings.heartbeatEveryMs,
      silenceLimitMs: settings.silenceLimitMs,
      clientSilenceMs: settings.clientSilenceMs,
      maxChildren: settings.maxChildren,
      balance: settings.balance,
      data: settings.data,
      retentionMs: settings.retentionMs,
      retentionBytes: settings.retentionBytes,
      offline: settings.offline,
      backlogMs: settings.backlogMs,
      maxClients: settings.maxClients,
      autoscale: settings.autoscale,
      endWhenIdleMs: settings.endWhenIdleMs,
      httpToken: settings.httpToken,
      maxConnections: settings.maxConnections,
      maxConnectionsPerAddress: settings.maxConnectionsPerAddress,
      maxFailedLogins: settings.maxFailedLogins,
      maxRate: settings.maxRate,
      tls: settings.tls,
      log: { json: settings.json },
    })
  } catch (error) {
    throw explainStart(error, settings)
  }
}

function clockAddresses(clocks: readonly Endpoint[]): ClockAddresses {
  const [first, ...standbys] = clocks.map(({ hostname, port }) => ({ host: hostname, port }))
  return standbys.length === 0 ? first! : { ...first!, standbys }
}
