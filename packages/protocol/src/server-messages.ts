/**
 * Every message between two servers, one union. `docs/protocol.md` has a page on each; the words are those of
 * the source design where it had one (AUTHENTICATE, AUTHENTICATION_SUCCESS, AUTHENTICATION_FAIL).
 *
 * C→P: child to parent. P→C: parent to child.
 */
import type { Address } from './address.js'
import type { ClockAddresses } from './clock-messages.js'
import type { EntryRun, LogRun } from './entry-run.js'
import type { Epoch, LogIndex, PublisherId, ServerId, ServerName, Timestamp } from './ids.js'
import type { Lineage } from './lineage.js'
import type { SnapshotRows } from './snapshot-rows.js'
import type { VersionRange } from './versions.js'

/**
 * How much of the log an orphan holds, to decide which one takes over: a higher epoch number, then a higher index,
 * then an earlier place among the heirs, then a lower id is the better position.
 */
export interface Position {
  readonly epochNumber: number
  readonly index: LogIndex
  /** Place in the last succession list this server knew; `notAnHeir` when it was not in it. */
  readonly rank: number
  readonly id: ServerId
}

export const notAnHeir = 1_000_000

export type RefusalReason =
  /** The asker is above the one asked: attaching would close a ring. */
  | 'cycle'
  /** No root above: `position` tells how good the orphan at the top is. */
  | 'orphan'
  /** The root is just merging with another tree, or the server is leaving. */
  | 'busy'
  /** A root asked to merge, but its tree is the senior one: the other side will ask. */
  | 'senior'
  /** No room for another child: go to `redirect`. */
  | 'full'
  /** The name is live elsewhere in the tree. */
  | 'taken'
  /** Yes, to a dry question: there is a root above and it would have you. */
  | 'rooted'

/** An ancestor: its id, and where it is. */
export interface Ancestor {
  readonly id: ServerId
  readonly address: Address
}

/** How many clients a server has. */
export interface ServerLoad {
  readonly address: Address
  readonly clients: number
  /** Most that it takes; absent: any number. */
  readonly limit?: number
}

export type ServerMessage =
  | {
      /** C→P, first on a link: let me be your child; `root`: let our trees merge; `dry`: only tell me if you would. */
      readonly type: 'AUTHENTICATE'
      /** The secret that the receiver accepts. */
      readonly secret: string
      /** The secret that the sender accepts. */
      readonly mysecret: string
      readonly name: ServerName
      readonly hostname: string
      readonly port: number
      readonly id: ServerId
      readonly lineage: Lineage
      /** The sender has dropped its log up to here: it cannot cut below. */
      readonly base: LogIndex
      /** Length of the sender's log. */
      readonly length: LogIndex
      /** Servers in the sender's subtree, itself included. */
      readonly size: number
      /** Unix ms at which the sender became a root; 0 if it is none. */
      readonly sinceMs: number
      readonly root: boolean
      readonly dry: boolean
    }
  /** P→C: the secret is wrong, or the first message was none of those that may come first. The link closes. */
  | {
      readonly type: 'AUTHENTICATION_FAIL'
      readonly info: string
      /** There is no version in common: this is what the sender can speak. Stands here in every version, as `info` does. */
      readonly versions?: VersionRange
    }
  | {
      /** P→C: you are my child. LOG follows at once. */
      readonly type: 'AUTHENTICATION_SUCCESS'
      readonly id: ServerId
      /** Parent first, root last: the deadpool. */
      readonly path: readonly Ancestor[]
      /** The root's core children, in the order in which they became core. */
      readonly succession: readonly Ancestor[]
      readonly rootLineage: Lineage
      /** Highest epoch number seen. */
      readonly epochNumber: number
      /**
       * Highest stamp of a resumed session that the sender has heard of, if any: a session that is resumed here gets
       * a higher one.
       */
      readonly resumedStamp?: number | undefined
      /** All servers in the tree have applied the log up to here. */
      readonly everywhere: LogIndex
      readonly contacts: readonly Address[]
      readonly clock: ClockAddresses
      /** The address under which the parent knows the child now (a loopback one is replaced by what it sees). */
      readonly you: Address
    }
  | {
      readonly type: 'REFUSE'
      readonly why: RefusalReason
      /** With `orphan`. */
      readonly position?: Position
      /** With `full`. */
      readonly redirect?: Address
    }
  | {
      /** Up, hop by hop to the root: may this server join our tree? */
      readonly type: 'CHECK'
      readonly nonce: number
      readonly id: ServerId
      readonly name: ServerName
      readonly hostname: string
      readonly port: number
      readonly root: boolean
      readonly size: number
      readonly sinceMs: number
      readonly length: LogIndex
    }
  | {
      /** The answer to CHECK, down the same hops. */
      readonly type: 'CHECK_RESULT'
      readonly nonce: number
      readonly ok: boolean
      readonly why?: RefusalReason
      readonly position?: Position
      /** The root's lineage, when ok. */
      readonly rootLineage?: Lineage
      readonly epochNumber: number
    }
  | {
      /** P→C: the log from index `from` on. Without entries: only `commit` moved. */
      readonly type: 'LOG'
      readonly from: LogIndex
      readonly runs: readonly LogRun[]
      readonly commit: LogIndex
      /** The sender is the root and wants an ACK. */
      readonly ack: boolean
      /** Every server in the tree has applied the log up to here, as far as the sender knows. */
      readonly everywhere?: LogIndex
      /** A client waits until every server has these entries: report soon that they are applied. */
      readonly prompt?: boolean
      /** Without entries: the sender's log was cut and ends at `from - 1`; what the receiver has beyond is stale. */
      readonly cut?: boolean
    }
  | ({
      /**
       * P→C, before the first LOG when the common prefix is no longer kept: start over from here. The log up to `index`
       * is not sent, but these tables, as they were there.
       */
      readonly type: 'SNAPSHOT'
      readonly index: LogIndex
      readonly lineage: Lineage
      readonly lastTimestamp: Timestamp
      /** The rows in here are the last ones: so many SNAPSHOT_PARTs have brought those before them. */
      readonly parts: number
    } & SnapshotRows)
  | ({
      /** P→C: rows of the SNAPSHOT that follows, when there are too many for one message. By themselves they say nothing. */
      readonly type: 'SNAPSHOT_PART'
      readonly index: LogIndex
      /** 0, 1, 2… */
      readonly part: number
    } & SnapshotRows)
  /** Root's child → root: my log equals yours up to `index`. */
  | { readonly type: 'ACK'; readonly index: LogIndex }
  /** C→P: entries without a place yet. `batch` rises by one per message of this link. */
  | {
      readonly type: 'UP'
      readonly batch: number
      readonly runs: readonly EntryRun[]
      /** A client waits until every server has them. */
      readonly prompt?: boolean
    }
  /** P→C: I keep all of your batches up to this one. */
  | { readonly type: 'HELD'; readonly batch: number }
  /** P→C, on change. */
  | {
      readonly type: 'PATH'
      readonly path: readonly Ancestor[]
      readonly succession: readonly Ancestor[]
      readonly epochNumber: number
      /** As in AUTHENTICATION_SUCCESS. */
      readonly resumedStamp?: number | undefined
      readonly clock: ClockAddresses
    }
  /** C→P, on change, rate limited: what the whole subtree has applied, how big it is, a sample of its members. */
  | {
      readonly type: 'REPORT'
      readonly applied: LogIndex
      readonly size: number
      readonly members: readonly Address[]
      /**
       * Servers that a server in this subtree was configured to join and that are not seen in the tree: perhaps
       * another tree.
       */
      readonly strangers?: readonly Address[]
    }
  /** P→C: all servers in the tree have applied up to `index`. */
  | { readonly type: 'EVERYWHERE'; readonly index: LogIndex }
  /** P→C, on change, rate limited: a sample of the tree, to be contacts. */
  | { readonly type: 'SOME'; readonly members: readonly Address[] }
  /**
   * Both ways, on change, rate limited: how many clients there are, and which servers have the fewest. C→P: in my
   * subtree; P→C: in the whole tree. Servers that take no part in balancing are not counted.
   */
  | {
      readonly type: 'LOADS'
      readonly servers: number
      readonly clients: number
      /** Those with room first, of these the least loaded. */
      readonly least: readonly ServerLoad[]
    }
  /** Up, hop by hop to the root: may one more server be started, if the network is to have `most` servers at most? */
  | { readonly type: 'GROW'; readonly nonce: number; readonly most: number }
  /**
   * The answer, down the same hops. `ok`: start it, no other server does now. Else the network has `servers` already,
   * or, if that is below `most`, another one is being started.
   */
  | {
      readonly type: 'GROW_RESULT'
      readonly nonce: number
      readonly ok: boolean
      readonly servers: number
    }
  /** Up, hop by hop to the root: the server that was to be started has come, or will not. Others may start one. */
  | { readonly type: 'GROW_OVER' }
  | {
      /**
       * Both ways, to all neighbours in the tree but the one it came from: do you know this user? Without `salt` and
       * `verifier`: with which salt is the secret to be hashed? Every hop has nonces of its own.
       */
      readonly type: 'LOGIN_REQUEST'
      readonly nonce: number
      readonly username: string
      /** Hex. */
      readonly salt?: string
      /** scrypt of the secret that was given and this salt, hex. */
      readonly verifier?: string
    }
  /** The answer, back the same hops: this very pair is registered. Stored on the way. */
  | {
      readonly type: 'LOGIN_ALLOWED'
      readonly nonce: number
      readonly username: string
      readonly salt: string
      readonly verifier: string
    }
  | {
      /** The answer of a whole branch: no server in it knows this pair. */
      readonly type: 'LOGIN_DENIED'
      readonly nonce: number
      /** Salts under which servers of the branch know the name, if any do: with another secret, or none was sent. */
      readonly salts: readonly string[]
      /** A server of the branch was too busy to be asked: this is no denial, and no answer either. */
      readonly busy: boolean
    }
  | {
      /** Both ways when nothing else was sent, and now and then beside it. */
      readonly type: 'HEARTBEAT'
      readonly sentMs: number
      /** The peer's last `sentMs`, plus the time it lay here. */
      readonly echoMs: number | undefined
      /** Applied up to here: C→P by the sender's whole subtree, P→C by every server in the tree. */
      readonly applied?: LogIndex
    }
  /** C→P, passed on to the root: somewhere below a server was lost, or may have been. */
  | { readonly type: 'LOST' }
  /** P→C, down to all servers: which servers below you are users connected to? */
  | { readonly type: 'ROLL_CALL'; readonly number: number }
  /** C→P: the answer for my whole branch. `homes`: the publishers of the servers' own entries. */
  | { readonly type: 'ROLL_ANSWER'; readonly number: number; readonly homes: readonly PublisherId[] }
  /** P→C and C→P: I am going. Children of a leaving server go to `to`, or elect if there is none. */
  | { readonly type: 'LEAVE'; readonly to: Address | undefined }
  /** Root → contact, first on a link: which tree are you in? */
  | {
      readonly type: 'PROBE'
      readonly secret: string
      readonly id: ServerId
      readonly address: Address
      readonly length: LogIndex
      readonly size: number
      readonly sinceMs: number
    }
  /** The answer: my root (undefined: I have none), and if that is myself, how my tree compares. */
  | {
      readonly type: 'PROBE_RESULT'
      readonly root: Ancestor | undefined
      readonly own: { readonly length: LogIndex; readonly size: number; readonly sinceMs: number } | undefined
    }
  /** First on a link, and again: I have `clients` clients, would you take `count` of them? */
  | {
      readonly type: 'OFFER'
      readonly secret: string
      readonly clients: number
      readonly count: number
      /** They find no room at the sender: any server with room takes them, however many it has itself. */
      readonly full?: boolean
    }
  /** Send so many, within two seconds; and how many I have now, these included. */
  | { readonly type: 'OFFER_RESULT'; readonly count: number; readonly clients: number }
  /** A tool's question, first on a link. */
  | { readonly type: 'STATUS'; readonly secret: string }
  | { readonly type: 'STATUS_RESULT'; readonly status: ServerStatus }

/**
 * First messages carry `versions` on the wire, and their answers the `version` that is spoken; see `server-wire.ts`.
 * This is what one of them becomes when its sender speaks no version that we know: nothing in it but
 * the versions can be relied on. It is made by the receiver, and never sent.
 */
export interface ForeignMessage {
  readonly type: 'FOREIGN'
  readonly versions: VersionRange | undefined
  /** Of a first message. */
  readonly secret?: string
}

export type ServerMessageType = ServerMessage['type']
export type ServerMessageOf<Type extends ServerMessageType> = Extract<ServerMessage, { type: Type }>

/** What `/status` and `jwp tree` show of one server. Addresses carry no secrets unless the asker knew ours. */
export interface ServerStatus {
  readonly id: ServerId
  /** Of the software. */
  readonly version: string
  /** Of the protocol: what it can speak. */
  readonly protocol: VersionRange
  readonly name: ServerName
  readonly hostname: string
  readonly port: number
  readonly role: 'root' | 'child' | 'orphan'
  readonly epoch: Epoch | undefined
  readonly parent: Address | undefined
  readonly ancestry: readonly Ancestor[]
  readonly succession: readonly Ancestor[]
  readonly children: readonly {
    readonly id: ServerId
    readonly address: Address
    readonly size: number
    readonly core: boolean
  }[]
  /** Connected clients. */
  readonly clients: number
  /** Most that may be logged in; absent: any number. */
  readonly maxClients?: number | undefined
  readonly log: {
    readonly first: LogIndex
    readonly last: LogIndex
    readonly commit: LogIndex
    readonly applied: LogIndex
    readonly everywhere: LogIndex
    readonly bytes: number
  }
  /** Entries of ours and our subtree's that are not in the log yet. */
  readonly pending: number
  readonly users: number
  /** Users that are connected somewhere. */
  readonly online: number
  readonly contacts: number
  readonly clock: {
    readonly host: string
    readonly port: number
    readonly mode: 'clock' | 'hybrid' | 'not-root'
  }
  /** By the machine's calendar, and as the log shows it (absent: not yet), both in Unix milliseconds. */
  readonly times?: { readonly machineMs: number; readonly logMs?: number | undefined } | undefined
  readonly leaving: boolean
  readonly lastTimestamp: Timestamp
  /** Publishers the log knows; for the curious. */
  readonly publishers: number
}
