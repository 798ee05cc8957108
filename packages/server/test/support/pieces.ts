/**
 * What many tests of single pieces stand on: the small real pieces that cost nothing to make, with a time that the test
 * sets, chance that always lands in the middle, and an outbox whose effects it reads.
 */
import {
  asClientId,
  asPublisherId,
  asSessionToken,
  epoch,
  EntryRun,
  LogRun,
  noPublisher,
  pendingIn,
  serverId,
  type Address,
  type Ancestor,
  type Feature,
  type GoneBody,
  type LinkId,
  type LogEntry,
  type PendingEntry,
  type PublisherId,
  type ServerMessage,
} from '@jwp/protocol'
import {
  defaultLimits,
  defaultTiming,
  type Limits,
  type ServerEffect,
  type ServerOptions,
  type Timing,
} from '@jwp/server/core'
import type { ClientState } from '#dist/core/clients/client-state.js'
import { Log } from '#dist/core/log/log.js'
import { OutboundQueue } from '#dist/core/log/outbound-queue.js'
import { Outbox } from '#dist/core/outbox.js'
import { Self } from '#dist/core/self.js'
import { Children } from '#dist/core/tree/children.js'
import { Deadpool } from '#dist/core/tree/deadpool.js'
import { LinkTable } from '#dist/core/tree/link-table.js'
import { OwnPosition } from '#dist/core/tree/position.js'
import { RetryBudget } from '#dist/core/tree/retry-budget.js'
import { RoleKeeper } from '#dist/core/tree/role.js'
import { Terms } from '#dist/core/tree/terms.js'
import { Timers } from '#dist/core/tree/timers.js'
import type { ChildJoined, TreeListener } from '#dist/core/tree/tree-listener.js'
import { address, clock, platform } from './make-core.js'

export { address, clock, platform } from './make-core.js'

export const idOf = (name: string): Ancestor['id'] => serverId(address(name).name, '1')
export const ancestor = (name: string): Ancestor => ({ id: idOf(name), address: address(name) })

/** The term of this number, with this server as its root. */
export const term = (number: number, root = 'root'): LogEntry['epoch'] => epoch(number, idOf(root))

export const bytes = (text: string): Uint8Array => platform.encodeUtf8(text)
export const text = (body: Uint8Array): string => platform.decodeUtf8(body)

export const pending = (publisher: string, n: number, body = `${publisher}${n}`): PendingEntry => ({
  publisher: asPublisherId(publisher),
  n,
  kind: 'activity',
  body: bytes(body),
})

export const pendingRun = (publisher: string, n: number, body?: string): EntryRun =>
  EntryRun.of(pending(publisher, n, body))

const parse: <Shape>(json: string) => Shape = JSON.parse
/** What a piece has written as JSON, read as this shape: whether it has it is for the test to say. */
export const parsed = <Shape>(body: Uint8Array): Shape => parse(text(body))

/** The body of a `gone` entry. */
export const goneBody = (body: Uint8Array): GoneBody => parsed(body)

/** As texts, which a failing test shows better than bytes. */
export const named = ({ publisher, n }: { readonly publisher: PublisherId; readonly n: number }): string =>
  `${publisher}${n}`

/** The entries of these runs, as texts. */
export const namesIn = (runs: readonly EntryRun[]): string[] => pendingIn(runs).map(named)

export type EffectOf<Type extends ServerEffect['type']> = Extract<ServerEffect, { readonly type: Type }>

export function effectsOf<Type extends ServerEffect['type']>(
  effects: readonly ServerEffect[],
  type: Type,
): EffectOf<Type>[] {
  return effects.filter((effect): effect is EffectOf<Type> => effect.type === type)
}

/** A connection that has said nothing yet. */
export const clientState = (id: number, ...features: Feature[]): ClientState => ({
  id: asClientId(id),
  freshToken: asSessionToken(id.toString(16).padStart(32, '0')),
  dialect: 'lines',
  addressGroup: undefined,
  reachedAt: undefined,
  heardMs: 0,
  isAsked: false,
  openedMs: 0,
  member: undefined,
  registered: undefined,
  features: new Set(features),
  session: undefined,
  hasEnded: false,
})

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>

/** The first message of this type in what was sent, with the link that it left on. */
export function sentOf<Type extends ServerMessage['type']>(
  effects: readonly ServerEffect[],
  type: Type,
): { readonly link: LinkId; readonly message: MessageOf<Type> } {
  for (const { link, message } of effectsOf(effects, 'send'))
    if (isOf(message, type)) return { link, message }
  throw new Error(`no ${type} was sent`)
}

function isOf<Type extends ServerMessage['type']>(
  message: ServerMessage,
  type: Type,
): message is MessageOf<Type> {
  return message.type === type
}

export interface GroundOptions extends Partial<Omit<ServerOptions, 'timing' | 'limits'>> {
  readonly timing?: Partial<Timing>
  readonly limits?: Partial<Limits>
}

/** One server's small pieces: an orphan called `me` with an empty log, until the test says otherwise. */
export class Ground {
  readonly time = { nowMs: 0 }
  readonly random = { between: (low: number, high: number): number => (low + high) / 2 }
  readonly options: ServerOptions
  readonly outbox = new Outbox()
  readonly self: Self
  readonly role = new RoleKeeper()
  readonly terms = new Terms()
  readonly log = new Log(platform)
  readonly queue = new OutboundQueue()
  readonly position: OwnPosition
  readonly links: LinkTable
  readonly children: Children
  readonly deadpool: Deadpool
  readonly timers: Timers
  readonly retry: RetryBudget
  /** What the listeners of the tree were told, in order. */
  readonly joined: ChildJoined[] = []
  /** Told of children that are lost. */
  onChildLost: Required<TreeListener>['childLost'] = () => undefined

  constructor({ timing, limits, ...options }: GroundOptions = {}) {
    this.options = {
      ...{ self: address('me'), incarnation: '1', remote: undefined, contacts: [], clock, seed: 1 },
      ...options,
      timing: { ...defaultTiming, ...timing },
      limits: { ...defaultLimits, ...limits },
    }
    this.self = new Self(serverId(this.options.self.name, '1'), this.options.self)
    const { time, options: all, outbox, self, log, random } = this
    this.position = new OwnPosition({ log, self })
    this.links = new LinkTable({ outbox, time, onGone: () => undefined })
    const listeners: Required<Pick<TreeListener, 'childLost'>> = {
      childLost: (child) => this.onChildLost(child),
    }
    this.children = new Children({ options: all, self, links: this.links, outbox, listeners })
    this.deadpool = new Deadpool({ options: all, self, children: this.children, outbox })
    const { links, children, deadpool } = this
    this.timers = new Timers({ options: all, random, links, deadpool, children })
    this.retry = new RetryBudget({ time, timers: this.timers, deadpool })
  }

  /** An open link to a parent, of which this server is a child from now on. */
  becomeChild(parent = 'parent'): LinkId {
    const link = this.openLink(parent, 'parent')
    this.role.attach(link, idOf(parent))
    return link
  }

  becomeRoot(number = 1): void {
    this.role.found(term(number, 'me'), this.time.nowMs)
  }

  /** A link that was dialled and has opened. */
  openLink(to: string | Address, purpose: Parameters<LinkTable['dial']>[1]): LinkId {
    const link = this.links.dial(typeof to === 'string' ? address(to) : to, purpose)
    this.links.get(link)!.open = true
    return link
  }

  /** A child of this name hangs below this server. */
  addChild(name: string, size = 1): LinkId {
    const link = this.openLink(name, 'child')
    this.children.add({ link, ...ancestor(name) }, size)
    return link
  }

  /** Entries in the log, by number: `['a', 'b', 'a']` are a1, b1, a2. A `-` is the marker of a term. */
  write(publishers: readonly string[], number = 1, root = 'root'): void {
    for (const publisher of publishers) {
      const isMarker = publisher === '-'
      const who = isMarker ? noPublisher : asPublisherId(publisher)
      const n = isMarker ? 0 : this.log.lastNumber(who) + 1
      this.log.append(
        LogRun.of({
          ...{ epoch: term(number, root), timestamp: this.log.lastTimestamp + 1, publisher: who, n },
          kind: isMarker ? 'marker' : 'activity',
          body: bytes(isMarker ? '' : `${publisher}${n}`),
        }),
      )
    }
  }

  /** The effects since the last call. */
  take(): readonly ServerEffect[] {
    return this.outbox.take()
  }
}
