/** How to register. */
import type { ClientTls } from '@jwp/lines'
import type { ServerAddress } from './connect-options.js'

export interface RegisterOptions {
  /** Tried in order until one answers. */
  readonly servers: ServerAddress | readonly ServerAddress[]
  readonly username: string
  readonly secret: string
  /** As in `ConnectOptions`. */
  readonly tls?: ClientTls | undefined
  /** For the connection to one server, and for its answer, in milliseconds. Default: `registerDefaults`. */
  readonly withinMs?: number
}
