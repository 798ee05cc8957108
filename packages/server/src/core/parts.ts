/**
 * The pieces of one server, as they see each other. Each piece owns its state and one idea; what one needs of
 * another it asks for by name here. `server-core.ts` makes them and hands every input to the one that it concerns.
 */
import type { Address, Platform, Random, ServerId } from '@jwp/protocol'
import type { Adoption } from './tree/adoption.js'
import type { Children } from './tree/children.js'
import type { Deadpool } from './tree/deadpool.js'
import type { ForeignServers } from './tree/foreign-servers.js'
import type { Heartbeats } from './tree/heartbeats.js'
import type { Leaving } from './tree/leaving.js'
import type { LinkTable } from './tree/link-table.js'
import type { Merging } from './tree/merging.js'
import type { Patience } from './tree/patience.js'
import type { Orphanhood } from './tree/orphanhood.js'
import type { Place } from './tree/place.js'
import type { RollCall } from './tree/roll-call.js'
import type { Timers } from './tree/timers.js'
import type { Calendar } from './log/calendar.js'
import type { ClockChoice } from './log/clock-choice.js'
import type { Commitment } from './log/commitment.js'
import type { Cutting } from './log/cutting.js'
import type { Expiry } from './log/expiry.js'
import type { LogDown } from './log/log-down.js'
import type { Log } from './log/log.js'
import type { OrderingDesk } from './log/ordering-desk.js'
import type { OutboundQueue } from './log/outbound-queue.js'
import type { ReplicationUp } from './log/replication-up.js'
import type { Stability } from './log/stability.js'
import type { StartingOver } from './log/starting-over.js'
import type { Persistence } from './disk/persistence.js'
import type { Acknowledgements } from './people/acknowledgements.js'
import type { Balance } from './people/places/balance.js'
import type { Capacity } from './people/places/capacity.js'
import type { ClientDesk } from './people/client-desk.js'
import type { Directory } from './people/accounts/directory.js'
import type { IdleEnd } from './people/places/idle-end.js'
import type { Loads } from './people/places/loads.js'
import type { HeardAccounts } from './people/accounts/heard-accounts.js'
import type { LoginGuard } from './people/accounts/login-guard.js'
import type { LoginFlood } from './people/accounts/login-flood.js'
import type { OwnEntries } from './people/own-entries.js'
import type { Presence } from './people/presence/presence.js'
import type { Moves } from './people/presence/moves.js'
import type { PresenceDesk } from './people/presence/presence-desk.js'
import type { Provisioning } from './people/places/provisioning.js'
import type { ServerList } from './people/server-list.js'
import type { Sessions } from './people/sessions.js'
import type { Takeovers } from './people/takeovers.js'
import type { StartPermits } from './people/places/start-permits.js'
import type { Streams } from './people/streams.js'
import type { ServerOptions } from './options.js'
import type { Outbox } from './outbox.js'

/** Who we are. The host may be corrected by a parent that sees us under another address. */
export interface Self {
  readonly id: ServerId
  address: Address
}

export interface Parts {
  readonly options: ServerOptions
  readonly platform: Platform
  readonly random: Random
  readonly outbox: Outbox
  readonly self: Self
  /** The time of the input being handled. */
  readonly time: { nowMs: number }
  /** The clocks that a root asks: our own setting until a parent tells us its root's. */
  readonly clocks: ClockChoice
  /** What time it is where no clock says so. */
  readonly calendar: Calendar

  // Where we hang in the tree
  readonly place: Place
  readonly links: LinkTable
  readonly children: Children
  readonly deadpool: Deadpool
  readonly foreign: ForeignServers
  readonly timers: Timers
  readonly patience: Patience
  readonly heartbeats: Heartbeats
  readonly adoption: Adoption
  readonly orphanhood: Orphanhood
  readonly merging: Merging
  readonly leaving: Leaving
  readonly rollCall: RollCall

  // The ordered log
  readonly log: Log
  readonly queue: OutboundQueue
  readonly desk: OrderingDesk
  readonly commitment: Commitment
  readonly cutting: Cutting
  readonly up: ReplicationUp
  readonly down: LogDown
  readonly startingOver: StartingOver
  readonly stability: Stability
  readonly persistence: Persistence
  readonly expiry: Expiry

  // Clients
  readonly clients: ClientDesk
  readonly sessions: Sessions
  readonly takeovers: Takeovers
  readonly streams: Streams
  readonly acknowledgements: Acknowledgements
  readonly directory: Directory
  readonly heardAccounts: HeardAccounts
  readonly loginFlood: LoginFlood
  readonly loginGuard: LoginGuard
  readonly ownEntries: OwnEntries
  readonly presence: Presence
  readonly presenceDesk: PresenceDesk
  readonly moves: Moves
  readonly serverList: ServerList
  readonly loads: Loads
  readonly balance: Balance
  readonly capacity: Capacity
  readonly provisioning: Provisioning
  readonly startPermits: StartPermits
  readonly idleEnd: IdleEnd
}

/** The earliest of some deadlines, undefined if there is none. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const deadline of deadlines)
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline
  return first
}
