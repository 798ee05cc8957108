/**
 * Single rules of the cores, taken out: each is a piece of the compiled code that is there exactly once, and what stands
 * in its place. The product knows nothing of this; a rule that has moved elsewhere fails its mutant's test rather than pass as caught.
 */
import type { FaultMix } from '@jwp/simulator'

export interface Mutant {
  /** What the code does then. */
  readonly title: string
  readonly file: `${'server' | 'clock-server' | 'client'}/dist/core/${string}.js`
  readonly from: string
  readonly to: string
  /** The worlds that notice it: seeds of this mix from 1 on, or one kept plan. */
  readonly in: FaultMix | `${string}.json`
}

/** Seeds that a mutant may take to be noticed. */
export const maxRuns = 300

/**
 * Rules that were taken out and not missed, in 600 worlds or more, and why they stay:
 * - two polls instead of one, and a root without children that waits before it commits alone: they narrow the moment in which two
 *   servers order, which is beyond what is promised (several crashes inside one election);
 * - cutting on attaching: the first LOG of another term, or LOG.cut, cuts as well; it only comes later;
 * - the commit mark of a partial LOG: the child goes no further than its own log, and has no stale tail after attaching;
 * - a root's own disk counts towards the commit: in worlds where all servers have disks, its heirs' disks are enough;
 * - `keep` entries: a publisher that is forgotten while it lives is accounted for by a `skip`; they only spare that;
 * - who wakes up suspects itself first: nothing is lost by accusing, the tree only moves; shown on real processes instead;
 * - not dropping what a child has not got: it gets a snapshot, and its clients a gap that need not have been;
 * - a tree that takes in who holds more than it: a `skip` accounts for what that loses, so receivers are told; it only need not
 *   be lost;
 * - old answers of the clock: none of them can be above the log's last timestamp and be used twice.
 */
export const mutants: readonly Mutant[] = [
  {
    title: 'a server that holds less takes over as well: no "better position"',
    file: 'server/dist/core/tree/election.js',
    from: 'isBetterPosition(answer.position, own)',
    to: 'false',
    in: 'processes',
  },
  {
    title: 'what is cut from the log does not wait again',
    file: 'server/dist/core/log/truncation.js',
    from: 'return this.#pendAgain(removed);',
    to: 'return [];',
    in: 'all',
  },
  {
    title: 'the first server that is attached says yes: no walk to the root',
    file: 'server/dist/core/tree/join-requests.js',
    from: 'return role.isRoot ? this.#decide(message, addressOf(message)) : undefined;',
    to: 'return role.isRoot ? this.#decide(message, addressOf(message)) : { ok: true, rootLineage: this.#needs.log.lineage };',
    in: 'processes',
  },
  {
    title: 'acknowledged before it is replicated',
    file: 'server/dist/core/log/uplink.js',
    from: 'this.#needs.calendar.published(entry.publisher, entry.n);',
    to: 'this.#needs.calendar.published(entry.publisher, entry.n);\n        this.#needs.acknowledgements.held([entry.publisher, entry.n, 1]);',
    in: 'last-words',
  },
  {
    title: 'committed without the in-sync children',
    file: 'server/dist/core/log/commit.js',
    from: 'Math.min(slowest, ours)',
    to: 'ours',
    in: 'processes',
  },
  {
    title: 'the longer log is the junior',
    file: 'server/dist/core/tree/merging.js',
    from: 'return log.last < other.length;',
    to: 'return log.last > other.length;',
    in: 'two-trees-of-different-length.json',
  },
  {
    title: 'a new root opens its term without a marker',
    file: 'server/dist/core/tree/founding.js',
    from: 'listeners.becameRoot(how);',
    to: 'log.cutTo(log.last - 1); listeners.becameRoot(how);',
    in: 'processes',
  },
  {
    title: 'a clock that says nothing is asked over the same connection for ever',
    file: 'server/dist/core/log/sequencer.js',
    from: '...(clocks.isSilent ? { anew: true } : {}),',
    to: '',
    in: 'all',
  },
  {
    title: 'timestamps from the past are taken',
    file: 'server/dist/core/log/sequencer.js',
    from: 'if (start <= log.lastTimestamp)',
    to: 'if (false)',
    in: 'all',
  },
  {
    title: 'the clock writes a lower ceiling than it serves',
    file: 'clock-server/dist/core/clock-core.js',
    from: 'this.#last = options.ceiling;',
    to: 'this.#last = options.ceiling - 3_000 * 4_096;',
    in: 'all',
  },
  {
    title: 'HELD and ACK are said before the disk has it',
    file: 'server/dist/core/storage/persistence.js',
    from: 'if (!this.isOn || (this.#waiting.length === 0 && this.#number === this.#storedNumber))',
    to: 'if (true)',
    in: 'acknowledged-before-it-was-written.json',
  },
  {
    title: 'history that only one side had is not accounted for',
    file: 'server/dist/core/log/snapshot-install.js',
    from: 'this.#skipWhatOnlyWeHad(onlyOurs, living);',
    to: '',
    in: 'both-sides-dropped-history.json',
  },
  {
    title: 'what a snapshot brings stays in the queue',
    file: 'server/dist/core/log/snapshot-install.js',
    from: 'this.#unqueueWhatIsIn(snapshot.index);',
    to: '',
    in: 'what-a-snapshot-brings-stays-in-the-queue.json',
  },
  {
    title: 'plain clients get again what was cut under them',
    file: 'server/dist/core/clients/fan-out.js',
    from: 'const had = stream.had?.get(run.publisher) ?? 0;',
    to: 'const had = 0;',
    in: 'all',
  },
  {
    title: 'an entry that is in the log is taken again',
    file: 'server/dist/core/log/uplink.js',
    from: 'const inLog = run.countUpTo(log.lastNumber(run.publisher));',
    to: 'const inLog = 0;',
    in: 'processes',
  },
  {
    title: 'whatever verifier is asked about, the name is let in',
    file: 'server/dist/core/accounts/login-flood.js',
    from: 'question.salt === salt && isSameSecret',
    to: 'question.salt === salt',
    in: 'who-logs-in-where-the-log-lags.json',
  },
  {
    title: 'a user who is not known here is denied before any server is asked',
    file: 'server/dist/core/accounts/authentication.js',
    from: 'this.#checkHeard(asked, heard);\n        else\n            this.#inquire(asked);',
    to: 'this.#checkHeard(asked, heard);\n        else\n            asked.wrong("is not registered");',
    in: 'who-logs-in-where-the-log-lags.json',
  },
  {
    title: 'a server takes all clients that are offered, not half of the difference',
    file: 'server/dist/core/placement/balance.js',
    from: 'Math.floor((clients - loads.own) / 2)',
    to: 'count',
    in: 'processes',
  },
  {
    title: 'a connected client is moved for as small a difference as one that has just logged in',
    file: 'server/dist/core/placement/balance.js',
    from: 'this.#ours - had >= worthMoving',
    to: 'true',
    in: 'old-news-of-an-idle-server.json',
  },
  {
    title: 'a client that was sent here and finds the place taken is sent on, session or not',
    file: 'server/dist/core/placement/balance.js',
    from: 'goesOn && this.#expected.wentOn()',
    to: 'false',
    in: 'others-take-the-place-of-who-was-sent.json',
  },
  {
    title: 'a plain client that is reset has got all that was written to it',
    file: 'server/dist/core/presence/presence-tracker.js',
    from: 'isReset ? this.#certainOf(local)',
    to: 'isReset ? this.#positionOf(local)',
    in: 'processes',
  },
  {
    title: 'a plain client whose connection we end has got all that was written to it, however that ends',
    file: 'server/dist/core/presence/presence-tracker.js',
    from: 'isReset || !isEnding || certain === written',
    to: 'true',
    in: 'who-is-killed-while-it-is-sent-on.json',
  },
  {
    title: 'the calendar of a server decides how old its entries are',
    file: 'server/dist/core/log/retention.js',
    from: 'const isOld = at <= (at > backlogFrom ? oldInBacklogUpTo : oldUpTo);',
    to: 'const isOld = (run.firstTimestamp + k) / 4096 + 1577836800000 < this.#needs.time.nowMs - (at > backlogFrom ? backlogMs : retentionMs);',
    in: 'people',
  },
  {
    title: 'a server whose users were wrongly said to be gone does not correct it',
    file: 'server/dist/core/presence/presence-tracker.js',
    from: 'this.#isForgotten = true;',
    to: '',
    in: 'people',
  },
  {
    title: 'a place in a term that was cut is taken for one in another',
    file: 'server/dist/core/projections/presence.js',
    from: 'const ours = this.#needs.log.lastOf(epoch, index);',
    to: 'const ours = last;',
    in: 'people',
  },
  {
    title: 'the time in which a user was connected does not end when the user has gone',
    file: 'server/dist/core/projections/presence.js',
    from: 'upTo === openEnd ? index : upTo',
    to: 'upTo',
    in: 'people',
  },
  {
    title: 'the table of presence is not cut with the log',
    file: 'server/dist/core/projections/presence.js',
    from: 'for (const step of this.#steps.cutTo(end))',
    to: 'for (const step of [])',
    in: 'people',
  },
  {
    title: 'what has come of a snapshot outlives its link',
    file: 'server/dist/core/log/snapshot-install.js',
    from: 'this.#intake = new SnapshotIntake();',
    to: '',
    in: 'a-snapshot-that-breaks-off.json',
  },
  {
    title: 'a snapshot tells nothing of presence',
    file: 'server/dist/core/log/downlink.js',
    from: 'presence: presence.tableAt(log.base)',
    to: 'presence: { users: [], homes: [] }',
    in: 'people',
  },
  {
    title: 'a second connection to a server begins with what comes',
    file: 'server/dist/core/presence/presence-tracker.js',
    from: 'Math.max(connection[2], this.#hadHere(row))',
    to: 'row.connections.length > 1 ? index : connection[2]',
    in: 'people',
  },
  {
    title: 'a second connection to a server begins after what was written to the first, read or not',
    file: 'server/dist/core/presence/presence-tracker.js',
    from: 'Math.max(had, this.#certainOf(local))',
    to: 'Math.max(had, this.#positionOf(local))',
    in: 'who-comes-back-before-a-killed-line-is-noticed.json',
  },
  {
    title: 'the list of connected users names a later position than it was true at',
    file: 'server/dist/core/accounts/welcome.js',
    from: 'presence.at : undefined',
    to: 'this.#needs.commit.applied : undefined',
    in: 'people',
  },
  {
    title: 'no membership sweep looks for users that a log from elsewhere brings',
    file: 'server/dist/core/tree/membership-sweep.js',
    from: 'if (!this.#present.has(home))',
    to: 'if (false)',
    in: 'people',
  },
  {
    title: 'a client that is sent to another server counts as gone until it is there',
    file: 'server/dist/core/placement/redirecting.js',
    from: 'isMoving: true',
    to: 'isMoving: false',
    in: 'people',
  },
  {
    title: 'a user who is sent to another server and does not come stays online',
    file: 'server/dist/core/presence/moves.js',
    from: 'this.#declareGone({ server,',
    to: 'void ({ server,',
    in: 'people',
  },
  {
    title: 'what is sent while a user is on the way to another server is not in the backlog',
    file: 'server/dist/core/projections/presence.js',
    from: 'isOnline(before) ? before.windows :',
    to: 'before.connections.length > 0 ? before.windows :',
    in: 'people',
  },
  {
    title: 'part of a long frame is no sign of life',
    file: 'server/dist/core/tree/liveness.js',
    from: 'if (isTreeLink(peer))\n            this.heard(peer);',
    to: '',
    in: 'a-long-frame-on-a-thin-line.json',
  },
  {
    title: 'a server whose logins are skipped does not log its users in again',
    file: 'server/dist/core/log/own-entries.js',
    from: 'onForgotten();',
    to: '',
    in: 'logins-in-dropped-history.json',
  },
  {
    title: 'a client confirms what its program has not handled yet',
    file: 'client/dist/core/handled.js',
    from: 'this.#open === undefined ?',
    to: 'true ?',
    in: 'people',
  },
  {
    title: 'a client waits no longer for a connection to a server that has not answered',
    file: 'client/dist/core/client-core.js',
    from: 'this.#connectLimits.ranOut(phase.endpoint);',
    to: '',
    in: 'a-client-a-second-away.json',
  },
  {
    title: 'roots ask who speaks another version as often as all others',
    file: 'server/dist/core/tree/merging.js',
    from: 'foreign.isPausing(address, time.nowMs)',
    to: 'false',
    in: 'processes',
  },
  {
    title: 'a client leaves the server whose line it cannot take',
    file: 'client/dist/core/client-core.js',
    from: 'this.#passOver(place, info);\n    }',
    to: 'this.#leave(info);\n    }',
    in: 'processes',
  },
  {
    title: 'a client says each time that it missed what it cannot take',
    file: 'client/dist/core/client-core.js',
    from: 'this.#seen.isNew(publisher, n) && !this.#readFlow.hasSkipped',
    to: '!this.#readFlow.hasSkipped',
    in: 'all',
  },
  {
    title: 'the holder of a session is announced, and no server compares it',
    file: 'server/dist/core/clients/takeovers.js',
    from: 'if (order > 0)',
    to: 'if (false)',
    in: 'all',
  },
  {
    title: 'all holders of a session share its numbers',
    file: 'server/dist/core/accounts/numbered-sessions.js',
    from: ': publisherOf(id, mark)',
    to: ': publisherOf(id, undefined)',
    in: 'all',
  },
  {
    title: 'who holds a session is compared when the login begins, not when it goes on with it',
    file: 'server/dist/core/accounts/numbered-sessions.js',
    from: 'if (resume !== undefined)\n            this.takeOver(client, resume, request);\n        const token',
    to: 'const token',
    in: 'processes',
  },
]
