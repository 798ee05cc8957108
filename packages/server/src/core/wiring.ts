/**
 * The pieces of one server, and what each knows of others: this is the only file that sees all of them. A piece gets just
 * what its constructor names. Pieces stand in the order in which they build on each other; what would lead back up is
 * an event or a question that is answered here.
 *
 * What has to follow each change of the tree, of the log, of a client's connection or of the time is named here, too, in
 * lists: each is walked in its order.
 */
import { Random, serverId, type Platform } from '@jwp/protocol'
import { Authentication } from './accounts/authentication.js'
import { Barrier } from './accounts/barrier.js'
import { Jobs } from './accounts/jobs.js'
import { LoginFlood } from './accounts/login-flood.js'
import { LoginGuard } from './accounts/login-guard.js'
import { Login } from './accounts/login.js'
import { NumberedSessions } from './accounts/numbered-sessions.js'
import { ProvisionalAccounts } from './accounts/provisional-accounts.js'
import { Registration } from './accounts/registration.js'
import { Welcome } from './accounts/welcome.js'
import { Acknowledgements } from './clients/acknowledgements.js'
import { CatchingUp } from './clients/catching-up.js'
import { ClientRouter } from './clients/client-router.js'
import { Decisions } from './clients/decisions.js'
import { FanOut } from './clients/fan-out.js'
import { Publishing } from './clients/publishing.js'
import { ReadFlow } from './clients/read-flow.js'
import { ServerList } from './clients/server-list.js'
import type { SessionListener } from './clients/session-listener.js'
import { Sessions } from './clients/sessions.js'
import { SilentClients } from './clients/silent-clients.js'
import { Takeovers } from './clients/takeovers.js'
import { Calendar } from './log/calendar.js'
import { ClockChoice } from './log/clock-choice.js'
import { Commit } from './log/commit.js'
import { Downlink } from './log/downlink.js'
import { InSyncChildren } from './log/in-sync-children.js'
import { LogFollowers } from './log/log-follower.js'
import { LogIntake } from './log/log-intake.js'
import { Log } from './log/log.js'
import { OutboundQueue } from './log/outbound-queue.js'
import { OwnEntries } from './log/own-entries.js'
import { Retention } from './log/retention.js'
import { Sequencer } from './log/sequencer.js'
import { SessionExpiry } from './log/session-expiry.js'
import { SnapshotInstall } from './log/snapshot-install.js'
import { StabilityDemand } from './log/stability-demand.js'
import { StableIndex } from './log/stable-index.js'
import { Truncation } from './log/truncation.js'
import { Uplink } from './log/uplink.js'
import type { ServerOptions } from './options.js'
import { Outbox } from './outbox.js'
import { Balance } from './placement/balance.js'
import { Capacity } from './placement/capacity.js'
import { IdleEnd } from './placement/idle-end.js'
import { Loads } from './placement/loads.js'
import { Provisioning } from './placement/provisioning.js'
import { Refuge } from './placement/refuge.js'
import { StartPermits } from './placement/start-permits.js'
import { Moves } from './presence/moves.js'
import { PresenceTracker } from './presence/presence-tracker.js'
import { Directory } from './projections/directory.js'
import { LogProjections } from './projections/log-projection.js'
import { Presence } from './projections/presence.js'
import { Self } from './self.js'
import { Start } from './start.js'
import { statusOf, type StatusNeeds } from './status.js'
import { Persistence } from './storage/persistence.js'
import { AloneCheck } from './tree/alone-check.js'
import { Attachment } from './tree/attachment.js'
import { ChildLinks } from './tree/child-links.js'
import { Children } from './tree/children.js'
import { Deadpool } from './tree/deadpool.js'
import { ForeignServers } from './tree/foreign-servers.js'
import { Founding } from './tree/founding.js'
import { JoinQuestion } from './tree/join-question.js'
import { JoinRequests } from './tree/join-requests.js'
import { Leaving } from './tree/leaving.js'
import { LinkRouter } from './tree/link-router.js'
import { LinkTable } from './tree/link-table.js'
import { Liveness } from './tree/liveness.js'
import { MembershipSweep } from './tree/membership-sweep.js'
import { Membership } from './tree/membership.js'
import { Merging } from './tree/merging.js'
import { NamedParent } from './tree/named-parent.js'
import { ParentLink } from './tree/parent-link.js'
import { ParentSearch } from './tree/parent-search.js'
import { PollWindows } from './tree/poll-windows.js'
import { NeighbourMessages } from './tree/neighbour-messages.js'
import { OwnPosition } from './tree/position.js'
import { RetryBudget } from './tree/retry-budget.js'
import { RoleKeeper } from './tree/role.js'
import { Terms } from './tree/terms.js'
import { Timers } from './tree/timers.js'
import { Topology } from './tree/topology.js'
import { TreeListeners } from './tree/tree-listener.js'
import { UnknownPeers } from './tree/unknown-peers.js'
import { Turn } from './turn.js'

export type Wiring = ReturnType<typeof wire>

export function wire(given: ServerOptions, platform: Platform) {
  // What was restored lives in the log after this, and must be able to leave memory with it.
  const options = given.disk === undefined ? given : { ...given, disk: {} }
  const random = new Random(given.seed)
  const outbox = new Outbox()
  const self = new Self(serverId(given.self.name, given.incarnation), given.self)
  const time = { nowMs: 0 }

  // The lists

  /** A piece that stands further up has to find the tree as those further down have left it. */
  const treeListeners: TreeListeners = new TreeListeners(() => [
    takeovers,
    deadpool,
    merging,
    topology,
    sequencer,
    inSync,
    aloneCheck,
    snapshotInstall,
    truncation,
    sweep,
    intake,
    downlink,
    uplink,
    stable,
    membership,
    loads,
    liveness,
  ])
  const logFollowers: LogFollowers = new LogFollowers(() => [
    commit,
    stable,
    demand,
    retention,
    persistence,
    intake,
    downlink,
    inSync,
    expiry,
  ])
  /**
   * Clients learn of the truncation before the tables change under them; own entries come last, when all else is
   * done.
   */
  const projections: LogProjections = new LogProjections(() => [
    fanOut,
    sessions,
    directory,
    registration,
    presence,
    tracker,
    acknowledgements,
    ownEntries,
    takeovers,
  ])

  // Where we hang in the tree

  const role = new RoleKeeper()
  const terms = new Terms()
  const links: LinkTable = new LinkTable({ outbox, time, onGone: (link) => loginFlood.linkLost(link) })
  const children = new Children({ options, self, links, outbox, listeners: treeListeners })
  const deadpool = new Deadpool({ options, self, children, outbox })
  const timers = new Timers({ options, random, links, deadpool, children })
  const retry = new RetryBudget({ time, timers, deadpool })
  const liveness: Liveness = new Liveness({
    ...{ time, options, links, outbox },
    appliedFor: (peer) => (peer.purpose === 'parent' ? stable.appliedBelow() : stable.index),
  })
  const foreign = new ForeignServers()
  const clocks = new ClockChoice(given.clock)

  // The log

  const log = new Log(platform)
  const queue = new OutboundQueue()
  const position = new OwnPosition({ log, self })
  const calendar = new Calendar({ self, time, log, outbox })
  const aloneCheck = new AloneCheck({ time, timers, role, children, deadpool, links })
  const inSync: InSyncChildren = new InSyncChildren({
    ...{ time, options, role },
    sentTo: (link) => downlink.sentTo(link),
    onHeirsChanged: () => topology.announce(),
  })
  const topology: Topology = new Topology({
    ...{ self, links, children, deadpool, role, terms, clocks },
    ownHeirs: () => inSync.heirs(),
    resumedStamp: () => takeovers.stampForChildren(),
  })
  const commit: Commit = new Commit({
    ...{ log, role, children, inSync },
    alone: aloneCheck,
    storedIndex: () => persistence.storedIndex,
  })
  const truncation = new Truncation({ log, commit, queue, followers: logFollowers, projections, outbox })
  const ownEntries: OwnEntries = new OwnEntries({
    ...{ self, log, platform, random },
    publish: (entry) => uplink.publish(entry),
    onForgotten: () => tracker.wasForgotten(),
  })

  // What is a function of the log

  const directory: Directory = new Directory({
    platform,
    onRegistered: (outcome) => registration.applied(outcome),
  })
  const presence: Presence = new Presence({
    ...{ log, platform },
    onLogin: (home) => sweep.heardOf(home),
    onGone: (home) => {
      if (home === self.publisher) tracker.wasForgotten()
    },
    onMoving: (username, from) => moves.now(username, from),
    onAnnouncedWasCut: () => fanOut.presenceWasCut(),
  })
  const sessions: Sessions = new Sessions({
    ...{ platform, outbox },
    get listeners() {
      return sessionListeners
    },
  })
  const persistence: Persistence = new Persistence({
    ...{ options: given, log, queue, commit, terms, directory, presence, projections, outbox },
    followers: logFollowers,
    onFailed: (info) => leaving.begin({ exitCode: 1, info: `left the network in order, since ${info}` }),
  })
  const expiry = new SessionExpiry({
    ...{ self, time, options, role, log, queue, sessions, ownEntries, persistence, platform },
  })

  // Clients

  const readFlow: ReadFlow = new ReadFlow({ outbox, onResumed: (client) => silence.heard(client) })
  const decisions: Decisions = new Decisions({
    ...{ time, readFlow },
    onLine: (client, line) => clientRouter.handle(client, line),
  })
  const stable: StableIndex = new StableIndex({
    commit,
    agreedUpTo: () => snapshotInstall.agreedUpTo,
    onMoved: (index) => acknowledgements.everywhere(index),
  })
  const demand = new StabilityDemand()
  const fanOut: FanOut = new FanOut({ time, options, log, commit, presence, sessions, outbox, platform })
  const acknowledgements = new Acknowledgements({ commit, stable, sessions, fanOut, outbox })
  const silence = new SilentClients({ time, options, sessions, fanOut, readFlow, outbox })
  const tracker = new PresenceTracker({
    ...{ self, time, options, log, deadpool, presence, ownEntries, fanOut, platform },
  })
  const moves = new Moves({ time, options, role, ownEntries, platform })
  const serverList = new ServerList({ self, time, options, deadpool, children, sessions, fanOut, outbox })
  const takeovers = new Takeovers({ self, log, calendar, sessions, ownEntries, platform, outbox })

  // The log on its way

  const sequencer = new Sequencer({
    ...{ time, timers, role, log, queue, calendar, clocks, expiry, persistence, outbox },
    demand,
  })
  const uplink = new Uplink({
    ...{ queue, log, calendar, children, links, role, sequencer, sessions, acknowledgements, persistence },
    ...{ demand, options },
  })
  const downlink = new Downlink({
    ...{ log, commit, role, links, inSync, directory, presence, stable, demand, options },
  })
  const intake: LogIntake = new LogIntake({
    ...{ log, queue, commit, truncation, uplink, expiry, calendar, terms, role, links, persistence },
    ...{ stable, demand, outbox },
    onLogBegins: () => snapshotInstall.logBegins(),
  })
  const snapshotInstall: SnapshotInstall = new SnapshotInstall({
    ...{ self, log, queue, truncation, projections, persistence, intake, uplink, children, deadpool },
    ...{ sessions, acknowledgements, directory, ownEntries, outbox },
    followers: logFollowers,
    onDisplaced: (account) => registration.enterAgain(account),
  })
  const retention = new Retention({
    ...{ time, options, log, commit, stable, downlink, presence, projections, persistence },
    slowedPublishers: () => readFlow.countOf('too-fast'),
  })
  const membership = new Membership({
    time,
    timers,
    options,
    self,
    role,
    children,
    deadpool,
    links,
    stable,
    demand,
    commit,
  })
  const sweep = new MembershipSweep({
    ...{ self, time, options, role, children, links, presence, tracker, ownEntries, log, platform, outbox },
  })

  // Where clients go

  const loads: Loads = new Loads({
    ...{ self, time, options, role, children, links, commit },
    livingClients: () => capacity.livingCount,
    clientLimit: () => capacity.limit,
    expectedCount: () => balance.expectedCount,
    isSnapshotDue: () => snapshotInstall.isWaiting,
  })
  const capacity: Capacity = new Capacity({
    ...{ time, options, random, links, deadpool, retry, sessions, decisions, outbox, loads },
    onPlaced: (client) => balance.placed(client),
    onClosed: () => provisioning.close(),
    startAnother: () => provisioning.ask(),
  })
  const balance = new Balance({
    ...{
      time,
      options,
      random,
      role,
      links,
      deadpool,
      retry,
      loads,
      capacity,
      sessions,
      decisions,
      readFlow,
    },
    ...{ fanOut, commit, outbox },
  })
  const startPermits = new StartPermits({ time, options, role, links, children, loads })
  const provisioning = new Provisioning({ time, options, role, outbox, startPermits, capacity, loads })
  const refuge = new Refuge({ time, timers, options, self, links, loads, serverList })
  const leaving = new Leaving({
    ...{ time, options, role, log, queue, sequencer, commit, uplink, downlink, children, deadpool, links },
    ...{ sessions, capacity, refuge, tracker, outbox },
  })
  const idleEnd = new IdleEnd({
    ...{ time, options, random, role, children, log, capacity, loads, provisioning, leaving, outbox },
  })

  // Who may come in

  const provisional = new ProvisionalAccounts()
  const loginFlood = new LoginFlood({ time, options, role, children, links, directory, provisional })
  const loginGuard = new LoginGuard({ time, options, directory, provisional, decisions })
  const jobs = new Jobs(outbox)
  const barrier = new Barrier({ time, options, ownEntries })
  const authentication = new Authentication({ directory, provisional, loginFlood, barrier, jobs })
  const catchingUp = new CatchingUp({ time, timers, role, log, commit, loads, decisions })
  const registration = new Registration({
    ...{ time, options, directory, provisional, loginGuard, decisions, jobs, ownEntries, sessions, queue },
    ...{ platform, outbox },
  })
  const numbered = new NumberedSessions({ platform, sessions, takeovers, acknowledgements })
  const welcome = new Welcome({
    ...{
      self,
      log,
      commit,
      persistence,
      presence,
      tracker,
      fanOut,
      numbered,
      decisions,
      serverList,
      balance,
    },
    outbox,
  })
  const login = new Login({
    ...{ time, options, loginGuard, authentication, decisions, capacity, numbered, tracker, catchingUp },
    ...{ directory, provisional, registration, queue, welcome, fanOut, sessions, outbox },
  })
  const publishing = new Publishing({
    ...{
      options,
      demand,
      log,
      queue,
      uplink,
      ownEntries,
      persistence,
      sessions,
      decisions,
      readFlow,
      fanOut,
      commit,
    },
    ...{ acknowledgements, tracker, capacity, platform, outbox },
  })
  const clientRouter = new ClientRouter({
    ...{ time, sessions, decisions, silence, capacity, login, registration, jobs, publishing, fanOut, log },
    ...{ tracker, persistence, outbox },
  })
  /** How far a client had been served is asked for before its stream is gone. */
  const sessionListeners: readonly SessionListener[] = [
    serverList,
    tracker,
    capacity,
    decisions,
    readFlow,
    fanOut,
    acknowledgements,
  ]

  // The way into a tree

  const question = new JoinQuestion({ self, log, children, role })
  const founding = new Founding({ self, time, role, terms, log, listeners: treeListeners, outbox })
  const named = new NamedParent({ time, options, timers, deadpool, outbox })
  const windows = new PollWindows({ time, timers, retry, links })
  const search: ParentSearch = new ParentSearch({
    ...{ self, time, random, options, timers, retry, windows, role, position, log, links, deadpool, named },
    ...{ question, founding, outbox },
    onAccepted: (link, answer) => attachment.accepted(link, answer),
  })
  const merging: Merging = new Merging({
    ...{ self, time, timers, retry, role, log, children, deadpool, foreign, question, links, outbox },
    onAccepted: (link, answer) => attachment.accepted(link, answer),
  })
  const joinRequests = new JoinRequests({
    ...{ self, time, options, role, terms, position, log, links, children, deadpool, topology, clocks },
    ...{ merging, outbox },
    listeners: treeListeners,
    logEnd: () => downlink.end,
    stableIndex: () => stable.index,
    resumedStamp: () => takeovers.stampForChildren(),
    isSnapshotDue: () => snapshotInstall.isWaiting,
  })
  const attachment = new Attachment({
    ...{ self, time, role, terms, log, links, deadpool, clocks, topology, search, joinRequests, takeovers },
    outbox,
    listeners: treeListeners,
    onMergeLost: (link) => merging.lost(link),
  })

  // Links

  const status: StatusNeeds = {
    ...{ self, role, log, commit, stable, queue, children, inSync, deadpool, topology, directory, presence },
    ...{ loads, capacity, sessions, sequencer, clocks, calendar },
  }
  const neighbours = new NeighbourMessages({ liveness, membership, loads, loginFlood })
  const linkRouter = new LinkRouter({
    ...{ time, links, retry, liveness, foreign, outbox },
    owners: {
      unknown: new UnknownPeers({
        ...{ self, role, links, joinRequests, merging },
        onOffer: (link, message) => balance.offered(link, message),
        status: () => statusOf(status),
      }),
      child: new ChildLinks({
        ...{ neighbours, children, joinRequests, membership, sweep, uplink, commit, startPermits },
      }),
      parent: new ParentLink({
        ...{ neighbours, attachment, joinRequests, membership, sweep, intake, uplink, startPermits, outbox },
        snapshots: snapshotInstall,
      }),
      inquiry: search,
      merge: merging,
      probe: merging,
      'liveness-probe': aloneCheck,
      offer: balance,
      'capacity-request': capacity,
      refuge,
    },
  })

  const turn = new Turn({
    ...{ time, log, queue, sequencer, commit, uplink, intake, downlink, retention, projections, persistence },
    ...{
      membership,
      sweep,
      leaving,
      fanOut,
      acknowledgements,
      publishing,
      catchingUp,
      takeovers,
      serverList,
    },
    ...{ capacity, provisioning, balance, loads, idleEnd },
    timed: [
      linkRouter,
      liveness,
      search,
      merging,
      joinRequests,
      sequencer,
      commit,
      silence,
      decisions,
      catchingUp,
      loginFlood,
      retention,
      membership,
      serverList,
      balance,
      capacity,
      loads,
      expiry,
      sweep,
      tracker,
      moves,
      fanOut,
      leaving,
      provisioning,
      idleEnd,
    ],
  })
  const start = new Start({ options, log, deadpool, search, founding, turn, outbox })

  persistence.restore()
  return {
    ...{ ...status, time, outbox, links, liveness, linkRouter, search, leaving, persistence, turn, start },
    ...{ clientRouter, fanOut, readFlow, serverList, balance, provisioning },
  }
}
