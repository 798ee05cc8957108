/** What chaos does to a network. Plain data, drawn from a seed before anything has begun. */

/**
 * One server by its name, or the one that has this role when the fault strikes: the root, or the first of its heirs.
 */
export type Target = { readonly server: string } | { readonly role: 'root' | 'heir' }

/** Which way is silent, seen from the first side: both, what it hears, or what it says. */
export type Way = 'both' | 'deaf' | 'mute'

export type Fault =
  /** SIGKILL; a new process takes its place afterwards (with `--data`: on the same disk). */
  | { readonly kind: 'kill'; readonly target: Target; readonly backAfterMs: number }
  /** SIGTERM, and a new process when the old one has left in order. */
  | { readonly kind: 'restart'; readonly target: Target }
  /** SIGSTOP, and SIGCONT. */
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: number }
  /** Silence between one server and all others, its clients and the clock included. */
  | { readonly kind: 'cut-off'; readonly target: Target; readonly way: Way; readonly forMs: number }
  /** Silence between two servers that both reach all others. */
  | {
      readonly kind: 'cut-pair'
      readonly target: Target
      readonly other: string
      readonly way: Way
      readonly forMs: number
    }
  /** Silence between these servers and all others. Clients reach both sides. */
  | { readonly kind: 'cut-apart'; readonly side: readonly string[]; readonly forMs: number }
  /** Silence between a server and its clients. */
  | { readonly kind: 'cut-clients'; readonly target: Target; readonly forMs: number }
  /** Every connection that others have opened to this server breaks, loudly. */
  | { readonly kind: 'hang-up'; readonly target: Target }
  | { readonly kind: 'clock'; readonly how: 'kill' | 'pause' | 'cut'; readonly forMs: number }
  /** SIGKILL to all servers and the clock at once; all are started again. Only with disks. */
  | { readonly kind: 'blackout'; readonly backAfterMs: number }

/** What `--faults` chooses from. */
export const faultFamilies = ['kill', 'pause', 'restart', 'cut', 'clock'] as const
export type FaultFamily = (typeof faultFamilies)[number]

/** Faults that strike together; the next round begins when the network is whole again. */
export interface Round {
  /** Earliest beginning, counted from the first message. */
  readonly atMs: number
  readonly strikes: readonly Strike[]
}

export interface Strike {
  /** Counted from the beginning of its round. */
  readonly afterMs: number
  readonly fault: Fault
}

/** How long the fault itself lasts. */
export function durationOf(fault: Fault): number {
  switch (fault.kind) {
    case 'kill':
    case 'blackout':
      return fault.backAfterMs
    case 'restart':
    case 'hang-up':
      return 0
    default:
      return fault.forMs
  }
}

/** It parts living servers from each other: they cannot hear, or sleep. */
export const isPartition = ({ kind }: Fault): boolean =>
  kind === 'pause' || kind === 'cut-off' || kind === 'cut-pair' || kind === 'cut-apart'

/** It ends a process that is a server. */
export const endsServers = ({ kind }: Fault): boolean =>
  kind === 'kill' || kind === 'restart' || kind === 'blackout'
