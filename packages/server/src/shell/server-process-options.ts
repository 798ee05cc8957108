/** What a server process is told by whoever starts it: the command line, a test, or another program. */
import type { ClockAddresses } from '@jwp/protocol'
import type { OfflinePolicy } from '@jwp/server/core'
import type { TlsIdentity } from '@jwp/lines'
import type { ServerLogSettings } from './server-log.js'

export interface ServerProcessOptions {
  /** Port for clients, servers and HTTP alike (`-lp`). 0: any free one. */
  readonly listenPort: number
  /** Address of this machine to listen on and to connect to others from (`--bind`); all by default. */
  readonly bindHost?: string | undefined
  /** Host under which others reach us (`-lh`); default `localhost`, which others replace by what they see. */
  readonly advertisedHost?: string | undefined
  /** Port under which others reach us, if it is not the one we listen on: it is forwarded (`--advertise`). */
  readonly advertisedPort?: number | undefined
  /** Default: advertised host and port, as `host:port`. Must be unique in the network. */
  readonly name?: string | undefined
  /** What we accept from those who join us (`-ms`). Default: 128 random bits, found by others through the local keyring. */
  readonly secret?: string | undefined
  /** Whom to join (`-rh`, `-rp`, `-s`). Without it the server founds a network of its own. */
  readonly remote?: RemoteServer | undefined
  /**
   * Asked for timestamps while we are root; default `localhost:3779`. With `standbys` these are asked as well: whichever of
   * them leads serves. A child takes over its parent's.
   */
  readonly clock?: ClockAddresses | undefined
  /** An orphan waits so long before it looks for a new parent, in milliseconds (`-time_before_reconnect`). Default 0. */
  readonly timeBeforeReconnectMs?: number | undefined
  /**
   * Least time between announcements of members, load and what everybody has, in milliseconds (`-sync_interval`). Default 100.
   * Raise: quieter links. Lower: `everywhere` is acknowledged sooner, and clients hear of new servers sooner.
   */
  readonly syncEveryMs?: number | undefined
  /** Deliveries wait and leave together this often, in milliseconds (`-activity_check_interval`). Default 0: at once. */
  readonly deliverEveryMs?: number | undefined
  /**
   * A link between servers that has nothing to say sends a heartbeat this often, in milliseconds (`--heartbeat`). Default
   * 250. Raise: quieter idle links. Lower: a lower `silenceLimitMs` is possible. The same for all servers of a network.
   */
  readonly heartbeatEveryMs?: number | undefined
  /**
   * Silence after which a linked server is given up, in milliseconds (`--silence-limit`). Default 1,000; at least twice
   * the heartbeat, better four times. Raise: silent failures (a pulled cable) heal later. Lower: busy servers, and the
   * tree below them, are abandoned. The same for all servers of a network.
   */
  readonly silenceLimitMs?: number | undefined
  /**
   * Silence after which a client with features is given up, in milliseconds (`--client-silence`). Default 30,000. A plain
   * client whose line is idle for as long is looked for by the system (TCP keepalive), and given up ten seconds later.
   * Raise: worse lines are borne. Lower: who lost its line is offline sooner.
   */
  readonly clientSilenceMs?: number | undefined
  /** Most children; a tree of fan-out 8 is five levels deep at 10,000 servers. */
  readonly maxChildren?: number | undefined
  /**
   * Sends clients on to servers that have fewer (`--balance`). Default true. False: clients stay where they log in; other
   * servers may still send theirs here.
   */
  readonly balance?: boolean | undefined
  /** Keeps log, users, sessions and contacts beyond the process (`--data`). Without it they live in the network only. */
  readonly data?: DataOptions | undefined
  /** See `Limits.retentionMs` (`--retention-age`). Default 600,000. */
  readonly retentionMs?: number | undefined
  /** See `Limits.retentionBytes` (`--retention-bytes`). Default 268,435,456. */
  readonly retentionBytes?: number | undefined
  /** What a user who comes back is given (`--offline`). Default `missed`. The same for all servers of a network. */
  readonly offline?: OfflinePolicy | undefined
  /** See `Limits.backlogMs` (`--backlog-age`). Default 86,400,000. The same for all servers of a network. */
  readonly backlogMs?: number | undefined
  /** See `GrowthOptions.maxClients` (`--max-clients`). Default: any number. */
  readonly maxClients?: number | undefined
  /** Start another server when all are full (`--autoscale`). Needs `maxClients`. Undefined: none is started. */
  readonly autoscale?: AutoscaleOptions | undefined
  /** See `GrowthOptions.endWhenIdleMs` (`--end-when-idle`). Default: this server stays. */
  readonly endWhenIdleMs?: number | undefined
  /** `/status` and `/metrics` answer strangers that bring this as a bearer token; without it loopback only. */
  readonly httpToken?: string | undefined
  /**
   * Most clients that are connected, logged in or not (`--max-connections`). Default: as many as the system allows. Raise:
   * more memory and files. Lower: further ones are told to try another server. Links between servers are not counted.
   */
  readonly maxConnections?: number | undefined
  /**
   * Most connections from one address (an IPv6 network of 64 bits counts as one), and most new ones at once
   * (`--max-connections-per-address`). Default 4,096. Raise: one address can take up more. Lower: many people behind one
   * address get no place.
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** See `Limits.failedLoginsPerMinute` (`--max-failed-logins`). Default 60. */
  readonly maxFailedLogins?: number | undefined
  /**
   * Messages a second that are read from one client (`--max-rate`), and as many at once. Default: as fast as they come.
   * Raise: one client can take up more of the network. Lower: who publishes faster is slowed, by not being read.
   */
  readonly maxRate?: number | undefined
  /**
   * With it nothing but TLS is spoken, to clients, servers and the clock alike, and servers must show a certificate of its
   * CA (`--tls-cert`, `--tls-key`, `--tls-ca`). The same for all of a network. Default: nothing but plain.
   */
  readonly tls?: TlsIdentity | undefined
  readonly log?: ServerLogSettings | undefined
}

export interface DataOptions {
  /** The server's own folder on a local disk; made if it is not there. */
  readonly path: string
  /**
   * True (default): what is acknowledged survives a loss of power; each acknowledgement waits for the disk to flush.
   * False: it survives the end of all processes only, and a loss of power may leave the folder unusable; nobody waits
   * for the disk.
   */
  readonly sync?: boolean | undefined
  /**
   * True: data that is damaged is moved aside within the folder, and the server joins as new. Data that is good is used
   * as ever. False (default): the server does not start.
   */
  readonly setAside?: boolean | undefined
}

export interface AutoscaleOptions {
  /** Most servers in the whole network (`--autoscale-max`). Default 16. */
  readonly maxServers?: number | undefined
  /**
   * How a server is started on this machine, on this port: a program and its arguments, to which `-lp`, `-rh`, `-rp` and
   * `--end-when-idle` are added. Its secrets are in its environment (JWP_SECRET, JWP_PARENT_SECRET).
   */
  readonly program: (port: number) => { readonly file: string; readonly args: readonly string[] }
  /** Runs instead, through the shell (`--autoscale-command`): starts a server wherever it likes. */
  readonly command?: string | undefined
  /** What is started ends when it was not needed for so long, in ms (`--autoscale-idle`). Default 60,000. */
  readonly idleMs?: number | undefined
}

export interface RemoteServer {
  readonly host: string
  readonly port: number
  /** That server's `-ms`. On this machine it is found in the local keyring; across machines it must be given. */
  readonly secret?: string | undefined
}

/** A server that cannot start. `code` is for programs, the message for people. */
export class CannotStart extends Error {
  constructor(
    readonly code: 'port-in-use' | 'cannot-listen' | 'secret-missing' | 'bad-option' | 'data' | 'tls',
    message: string,
  ) {
    super(message)
  }
}
