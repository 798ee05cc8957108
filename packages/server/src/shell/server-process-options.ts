/** The options of a server process, given by the command line, a test, or another program. */
import type { ClockAddresses } from '@jwp/protocol'
import type { GivenOptions } from '@jwp/protocol/options'
import type { autoscaleOptions, dataOptions, ServerOptionValues } from '@jwp/server/options'
import type { TlsIdentity } from '@jwp/lines'
import type { ServerLogSettings } from './server-log.js'

/**
 * Plain values are described in `core/server-options.ts`, with defaults, ranges and what more and less of each costs. What
 * has a structure of its own is here.
 */
export interface ServerProcessOptions extends GivenOptions<Omit<ServerOptionValues, 'listenPort'>> {
  /** Port for clients, servers and HTTP alike (`-lp`). 0: any free one. */
  readonly listenPort: number
  /** Port under which others reach us, if it is not the one we listen on: it is forwarded (`--advertise`). */
  readonly advertisedPort?: number | undefined
  /** The server to join (`-rh`, `-rp`, `-s`). Without it the server founds a network of its own. */
  readonly remote?: RemoteServer | undefined
  /**
   * Asked for timestamps while we are root; by default on this machine, at the clock's default port. With `standbys` these are
   * asked as well: whichever of them leads serves. A child takes over its parent's.
   */
  readonly clock?: ClockAddresses | undefined
  /** Keeps log, users, sessions and contacts beyond the process (`--data`). Without it they live in the network only. */
  readonly data?: DataOptions | undefined
  /** Start another server when all are full (`--autoscale`). Needs `maxClients`. Undefined: none is started. */
  readonly autoscale?: AutoscaleOptions | undefined
  /**
   * With it nothing but TLS is spoken, to clients, servers and the clock alike, and servers must show a certificate of its
   * CA (`--tls-cert`, `--tls-key`, `--tls-ca`). The same for all of a network. Default: nothing but plain.
   */
  readonly tls?: TlsIdentity | undefined
  readonly log?: ServerLogSettings | undefined
}

export interface DataOptions extends GivenOptions<Omit<typeof dataOptions, 'path'>> {
  /** The server's own folder on a local disk; made if it is not there. */
  readonly path: string
}

export interface AutoscaleOptions extends GivenOptions<typeof autoscaleOptions> {
  /**
   * How a server is started on this machine, on this port: a program and its arguments, to which `-lp`, `-rh`, `-rp` and
   * `--end-when-idle` are added. Its secrets are in its environment (JWP_SECRET, JWP_PARENT_SECRET). Not asked when
   * `command` is given, which starts a server wherever it likes.
   */
  readonly program: (port: number) => { readonly file: string; readonly args: readonly string[] }
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
