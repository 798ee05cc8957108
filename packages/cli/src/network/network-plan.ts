/** The servers of a local network, and which server each joins. Plain data; `local-network.ts` makes it real. */
import { keptSecrets } from './kept-secrets.js'

export interface ServerPlan {
  readonly name: string
  readonly port: number
  /** The secret that this server asks of servers that join it. */
  readonly secret: string
  /** Place of the parent in the plan's list; undefined: founds the tree. Always an earlier place. */
  readonly parent: number | undefined
}

export interface NetworkPlan {
  readonly host: string
  readonly clockPort: number
  /**
   * Where these processes keep what outlives them (keyring, contacts, the clock's ceiling); undefined: where all
   * processes of this user do. A network that is made to be thrown away must not find the traces of an earlier one.
   */
  readonly runtimeFolder?: string
  /** Folder with a data folder for each of them; undefined: nothing outlives the processes. */
  readonly dataFolder?: string | undefined
  /** Further words of the command line of every server, and of the clock. */
  readonly serverFlags?: readonly string[]
  readonly clockFlags?: readonly string[]
  /** Further variables in the environment of every server. */
  readonly serverEnvironment?: Readonly<Record<string, string>>
  readonly servers: readonly ServerPlan[]
}

/**
 * The six-server tree of the source design: c hangs below a, d below b, e and f below d.
 * `ports`: the clock's, then one per server.
 */
export function sixServerPlan(ports: readonly number[]): NetworkPlan {
  const parents = [undefined, 0, 0, 1, 3, 3]
  const servers = [...'abcdef'].map((name, at) => ({
    name,
    port: ports[at + 1]!,
    secret: name.repeat(3),
    parent: parents[at],
  }))
  return { host: 'localhost', clockPort: ports[0]!, servers }
}

/** Servers on consecutive ports; each joins the one whose `fanOut` places are free next. Secrets are random, or those of the run before. */
export function levelledPlan(options: {
  count: number
  clockPort: number
  firstPort: number
  fanOut: number
  data?: string | undefined
}): NetworkPlan {
  const ports = Array.from({ length: options.count }, (_, at) => options.firstPort + at)
  const secrets = keptSecrets(options.data, ports)
  const servers = ports.map((port, at) => ({
    name: `localhost:${port}`,
    port,
    secret: secrets.get(port)!,
    parent: at === 0 ? undefined : Math.floor((at - 1) / options.fanOut),
  }))
  return { host: 'localhost', clockPort: options.clockPort, dataFolder: options.data, servers }
}
