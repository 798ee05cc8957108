/**
 * The pieces of one server, as they see each other. Each piece owns its state and one idea; what one needs of
 * another it asks for by name here. `server-core.ts` makes them and hands every input to the one that it concerns.
 */
import type { Address, Platform, Random, ServerId } from '@jwp/protocol'
import type { Adoption } from './tree/join-requests.js'
import type { Children } from './tree/children.js'
import type { Deadpool } from './tree/deadpool.js'
import type { ForeignServers } from './tree/foreign-servers.js'
import type { Heartbeats } from './tree/liveness.js'
import type { Leaving } from './tree/leaving.js'
import type { LinkTable } from './tree/link-table.js'
import type { Merging } from './tree/merging.js'
import type { Patience } from './tree/retry-budget.js'
import type { Orphanhood } from './tree/parent-search.js'
import type { Place } from './tree/role.js'
import type { RollCall } from './tree/membership-sweep.js'
import type { Timers } from './tree/timers.js'
import type { Calendar } from './log/calendar.js'
import type { ClockChoice } from './log/clock-choice.js'
import type { Commitment } from './log/commit.js'
import type { Cutting } from './log/truncation.js'
import type { Expiry } from './log/session-expiry.js'
import type { LogDown } from './log/downlink.js'
import type { Log } from './log/log.js'
import type { OrderingDesk } from './log/sequencer.js'
import type { OutboundQueue } from './log/outbound-queue.js'
import type { ReplicationUp } from './log/uplink.js'
import type { Stability } from './log/stable-index.js'
import type { StartingOver } from './log/snapshot-install.js'
import type { Persistence } from './storage/persistence.js'
import type { Acknowledgements } from './clients/acknowledgements.js'
import type { Balance } from './placement/balance.js'
import type { Capacity } from './placement/capacity.js'
import type { ClientDesk } from './clients/client-router.js'
import type { Directory } from './projections/directory.js'
import type { IdleEnd } from './placement/idle-end.js'
import type { Loads } from './placement/loads.js'
import type { HeardAccounts } from './accounts/provisional-accounts.js'
import type { LoginGuard } from './accounts/login-guard.js'
import type { LoginFlood } from './accounts/login-flood.js'
import type { OwnEntries } from './log/own-entries.js'
import type { Presence } from './projections/presence-table.js'
import type { PresenceDesk } from './presence/presence-tracker.js'
import type { Provisioning } from './placement/provisioning.js'
import type { ServerList } from './clients/server-list.js'
import type { Sessions } from './clients/sessions.js'
import type { Takeovers } from './clients/takeovers.js'
import type { StartPermits } from './placement/start-permits.js'
import type { Streams } from './clients/fan-out.js'
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
