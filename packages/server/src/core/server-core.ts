/**
 * A whole server without its sockets. This file makes the pieces and hands each input to the one that it concerns;
 * nothing is decided here but the order in which a turn's batches leave.
 */
import type { Machine, Platform, ServerStatus } from '@jwp/protocol'
import { Random, serverId } from '@jwp/protocol'
import { Persistence } from './disk/persistence.js'
import type { ServerEffect } from './effects.js'
import { figuresOf, type ServerFigures } from './figures.js'
import type { ServerInput } from './inputs.js'
import { Calendar } from './log/calendar.js'
import { ClockChoice } from './log/clock-choice.js'
import { Commitment } from './log/commitment.js'
import { Cutting } from './log/cutting.js'
import { Expiry } from './log/expiry.js'
import { LogDown } from './log/log-down.js'
import { Log } from './log/log.js'
import { OrderingDesk } from './log/ordering-desk.js'
import { OutboundQueue } from './log/outbound-queue.js'
import { ReplicationUp } from './log/replication-up.js'
import { Stability } from './log/stability.js'
import { StartingOver } from './log/starting-over.js'
import type { ServerOptions } from './options.js'
import { Outbox } from './outbox.js'
import { earliest, type Parts } from './parts.js'
import { Acknowledgements } from './people/acknowledgements.js'
import { Balance } from './people/places/balance.js'
import { Capacity } from './people/places/capacity.js'
import { ClientDesk } from './people/client-desk.js'
import { Directory } from './people/accounts/directory.js'
import { IdleEnd } from './people/places/idle-end.js'
import { Loads } from './people/places/loads.js'
import { HeardAccounts } from './people/accounts/heard-accounts.js'
import { LoginGuard } from './people/accounts/login-guard.js'
import { LoginFlood } from './people/accounts/login-flood.js'
import { OwnEntries } from './people/own-entries.js'
import { Presence } from './people/presence/presence.js'
import { Moves } from './people/presence/moves.js'
import { PresenceDesk } from './people/presence/presence-desk.js'
import { Provisioning } from './people/places/provisioning.js'
import { ServerList } from './people/server-list.js'
import { Sessions } from './people/sessions.js'
import { Takeovers } from './people/takeovers.js'
import { StartPermits } from './people/places/start-permits.js'
import { Streams } from './people/streams.js'
import { inspectionOf, statusOf, type Inspection } from './status.js'
import { Adoption } from './tree/adoption.js'
import { Children } from './tree/children.js'
import { Deadpool } from './tree/deadpool.js'
import { ForeignServers } from './tree/foreign-servers.js'
import { Heartbeats } from './tree/heartbeats.js'
import { Leaving } from './tree/leaving.js'
import { LinkDesk } from './tree/link-desk.js'
import { LinkTable } from './tree/link-table.js'
import { Merging } from './tree/merging.js'
import { Orphanhood } from './tree/orphanhood.js'
import { Patience } from './tree/patience.js'
import { Place } from './tree/place.js'
import { RollCall } from './tree/roll-call.js'
import { Timers } from './tree/timers.js'

/** A turn must stay short, or heartbeats wait behind it and neighbours take a busy server for a dead one. */
const maxAppliedPerTurn = 8_192

export class ServerCore implements Machine<ServerInput, ServerEffect> {
  readonly #parts: Parts
  readonly #links: LinkDesk
  #promisedMs: number | undefined
  #wantsTurn = false

  constructor(options: ServerOptions, platform: Platform) {
    this.#parts = makeParts(options, platform)
    this.#links = new LinkDesk(this.#parts)
  }

  handle(input: ServerInput, nowMs: number): readonly ServerEffect[] {
    const { time, heartbeats, outbox } = this.#parts
    time.nowMs = nowMs
    heartbeats.wake(this.#promisedMs)
    this.#dispatch(input)
    // A deadline that has passed already asks for a tick at once, and is met when it comes.
    const deadlineMs = this.nextDeadlineMs()
    this.#promisedMs = deadlineMs === undefined ? undefined : Math.max(deadlineMs, nowMs)
    return outbox.take()
  }

  nextDeadlineMs(): number | undefined {
    if (this.#wantsTurn) return this.#parts.time.nowMs
    const {
      heartbeats,
      orphanhood,
      merging,
      adoption,
      desk,
      commitment,
      stability,
      streams,
      clients,
      loginFlood,
      leaving,
      loads,
      rollCall,
      presenceDesk,
      moves,
      balance,
      capacity,
      provisioning,
      idleEnd,
    } = this.#parts
    return earliest(
      heartbeats.nextDeadlineMs(),
      orphanhood.nextDeadlineMs(),
      merging.nextDeadlineMs(),
      adoption.nextDeadlineMs(),
      desk.nextDeadlineMs(),
      commitment.nextDeadlineMs(),
      stability.nextDeadlineMs(),
      streams.nextDeadlineMs(),
      clients.nextDeadlineMs(),
      loginFlood.nextDeadlineMs(),
      leaving.nextDeadlineMs(),
      loads.nextDeadlineMs(),
      rollCall.nextDeadlineMs(),
      presenceDesk.nextDeadlineMs(),
      moves.nextDeadlineMs(),
      balance.nextDeadlineMs(),
      capacity.nextDeadlineMs(),
      provisioning.nextDeadlineMs(),
      idleEnd.nextDeadlineMs(),
    )
  }

  status(): ServerStatus {
    return statusOf(this.#parts)
  }

  figures(): ServerFigures {
    return figuresOf(this.#parts)
  }

  inspect(): Inspection {
    return inspectionOf(this.#parts)
  }

  #dispatch(input: ServerInput): void {
    const { links, desk, clients, streams, serverList, leaving, outbox, persistence } = this.#parts
    switch (input.type) {
      case 'start':
        return this.#start()
      case 'tick':
        return this.#tick()
      case 'turn-ended':
        return this.#endTurn()
      case 'link-accepted':
        return links.accepted(input.link, input.remoteHost)
      case 'link-connected':
        return this.#parts.orphanhood.connected(input.link)
      case 'link-opened':
        return this.#links.opened(input.link, input.roundTripMs)
      case 'link-failed':
        return this.#links.failed(input.link, input.why, input.info)
      case 'link-closed':
        return this.#links.closed(input.link, input.info)
      case 'link-message':
        return this.#links.message(input.link, input.message)
      case 'link-progress':
        return this.#links.progressed(input.link)
      case 'link-blocked':
        return this.#links.blocked(input.link, true)
      case 'link-drained':
        return this.#links.blocked(input.link, false)
      case 'calendar':
        return this.#parts.calendar.shows(input.unixMs)
      case 'clock-granted':
        return desk.granted(input)
      case 'clock-refused':
        return desk.refused(input)
      case 'clock-elsewhere':
        return desk.elsewhere(input)
      case 'client-opened':
        if (leaving.isLeaving) return outbox.push({ type: 'hang-up', client: input.client })
        return clients.opened(input)
      case 'client-line':
        return clients.line(input)
      case 'client-garbled':
        return clients.garbled(input)
      case 'client-closed':
        return clients.closed(input)
      case 'client-ended':
        return clients.ended(input.client)
      case 'client-blocked':
        return streams.blocked(input.client)
      case 'client-drained':
        streams.drained(input.client)
        return serverList.drained(input.client)
      case 'secret-hashed':
      case 'secret-checked':
      case 'job-failed':
        return clients.jobFinished(input)
      case 'start-failed':
        return this.#parts.provisioning.failed(input)
      case 'stored':
        return persistence.stored(input.number)
      case 'store-failed':
        return persistence.failed(input.info)
      case 'leave':
        return leaving.begin()
    }
  }

  #start(): void {
    const { options, merging, orphanhood, log, deadpool, commitment, outbox } = this.#parts
    while (commitment.applied < commitment.commit) this.#applyCommitted()
    // Who has been in a network before looks for it, even if it founded it: others may have gone on without us.
    const known = deadpool.candidates().length
    const hasNetwork = options.remote === undefined && log.last > 0 && known > 0
    if (hasNetwork) outbox.report({ event: 'asking-remembered', count: known, named: undefined })
    if (hasNetwork || options.remote !== undefined) return orphanhood.begin({ left: undefined })
    // Not even as a root that looks for others: two networks must not become one since their servers met in the past.
    if (deadpool.hasRemembered) {
      outbox.report({ event: 'remembered-left-alone', count: options.contacts.length })
      deadpool.forgetRemembered()
    }
    merging.takeOver({ certainlyAlone: true })
  }

  #tick(): void {
    const {
      orphanhood,
      merging,
      adoption,
      desk,
      stability,
      clients,
      loginFlood,
      serverList,
      expiry,
      loads,
      balance,
      rollCall,
      presenceDesk,
      moves,
      capacity,
    } = this.#parts
    this.#links.tick()
    orphanhood.tick()
    merging.tick()
    adoption.tick()
    desk.tick()
    clients.tick()
    loginFlood.tick()
    stability.tick()
    serverList.tick()
    balance.tick()
    capacity.tick()
    loads.tick()
    expiry.tick()
    rollCall.tick()
    presenceDesk.tick()
    moves.tick()
  }

  /** What came in during the turn leaves in one piece per receiver, in the order in which it may matter to them. */
  #endTurn(): void {
    const { desk, up, down, commitment, streams, acknowledgements, clients, stability, leaving, serverList } =
      this.#parts
    const { persistence, queue, loads, balance, rollCall, provisioning, capacity, idleEnd } = this.#parts
    const { takeovers } = this.#parts
    // First: who gets a place now may speak at once.
    provisioning.advance()
    capacity.advance()
    takeovers.flush()
    desk.order()
    persistence.collect()
    up.flush()
    down.acknowledge()
    commitment.advance()
    const queued = queue.size
    this.#applyCommitted()
    // What was applied may have let somebody publish: too late to be ordered, or to go up, in this turn.
    const hasPublished = queue.size > queued
    down.flush()
    streams.flush()
    acknowledgements.flush()
    clients.flush()
    stability.tick()
    serverList.tick()
    balance.advance()
    loads.tick()
    rollCall.flush()
    idleEnd.advance()
    persistence.collect()
    leaving.advance()
    this.#wantsTurn =
      hasPublished ||
      takeovers.hasNews ||
      down.hasMore ||
      streams.hasMore ||
      desk.hasMore ||
      commitment.applied < commitment.commit
  }

  #applyCommitted(): void {
    const { commitment, log, sessions, directory, acknowledgements, ownEntries, clients, stability } =
      this.#parts
    const { presence, presenceDesk, takeovers } = this.#parts
    const from = commitment.applied + 1
    const to = commitment.advanceApplied(maxAppliedPerTurn)
    if (to < from) return
    for (let index = from; index <= to; index++) {
      const entry = log.at(index)!
      sessions.applied(entry, index)
      if (entry.kind === 'register') {
        const outcome = directory.apply(entry, index)
        if (outcome !== undefined) clients.registration.applied(outcome)
      }
      presence.apply(entry, index)
      if (entry.kind === 'activity') presenceDesk.activityApplied()
      acknowledgements.logged(entry.publisher, entry.n, index)
      ownEntries.applied(entry, index)
      takeovers.applied(entry, index)
    }
    presenceDesk.applied()
    stability.changed()
  }
}

/** Each piece gets the record of all of them; they ask for each other only once everybody is there. */
function makeParts(options: ServerOptions, platform: Platform): Parts {
  const parts = {} as { -readonly [Key in keyof Parts]: Parts[Key] }
  parts.options = options
  parts.platform = platform
  parts.random = new Random(options.seed)
  parts.outbox = new Outbox()
  parts.self = { id: serverId(options.self.name, options.incarnation), address: options.self }
  parts.time = { nowMs: 0 }
  parts.clocks = new ClockChoice(options.clock)
  parts.calendar = new Calendar(parts)
  parts.place = new Place(parts)
  parts.links = new LinkTable(parts)
  parts.children = new Children(parts)
  parts.deadpool = new Deadpool(parts)
  parts.foreign = new ForeignServers()
  parts.timers = new Timers(parts)
  parts.patience = new Patience(parts)
  parts.heartbeats = new Heartbeats(parts)
  parts.adoption = new Adoption(parts)
  parts.orphanhood = new Orphanhood(parts)
  parts.merging = new Merging(parts)
  parts.leaving = new Leaving(parts)
  parts.rollCall = new RollCall(parts)
  parts.log = new Log(platform)
  parts.queue = new OutboundQueue()
  parts.desk = new OrderingDesk(parts)
  parts.commitment = new Commitment(parts)
  parts.cutting = new Cutting(parts)
  parts.up = new ReplicationUp(parts)
  parts.down = new LogDown(parts)
  parts.startingOver = new StartingOver(parts)
  parts.stability = new Stability(parts)
  parts.persistence = new Persistence(parts)
  parts.expiry = new Expiry(parts)
  parts.clients = new ClientDesk(parts)
  parts.sessions = new Sessions(parts)
  parts.takeovers = new Takeovers(parts)
  parts.streams = new Streams(parts)
  parts.acknowledgements = new Acknowledgements(parts)
  parts.directory = new Directory(parts)
  parts.heardAccounts = new HeardAccounts()
  parts.loginFlood = new LoginFlood(parts)
  parts.loginGuard = new LoginGuard(parts)
  parts.ownEntries = new OwnEntries(parts)
  parts.presence = new Presence(parts)
  parts.presenceDesk = new PresenceDesk(parts)
  parts.moves = new Moves(parts)
  parts.serverList = new ServerList(parts)
  parts.loads = new Loads(parts)
  parts.balance = new Balance(parts)
  parts.capacity = new Capacity(parts)
  parts.provisioning = new Provisioning(parts)
  parts.startPermits = new StartPermits(parts)
  parts.idleEnd = new IdleEnd(parts)
  parts.persistence.restore()
  // What was restored lives in the log now, and must be able to leave memory with it.
  if (options.disk !== undefined) parts.options = { ...options, disk: {} }
  return parts
}
