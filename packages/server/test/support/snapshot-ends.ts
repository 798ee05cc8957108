/** The two ends of a snapshot: a root that a test joins, and a server whose parent the test speaks for. */
import {
  asEpoch,
  asLinkId,
  asPublisherId,
  asServerId,
  logRuns,
  noPublisher,
  openEnd,
  type LinkId,
  type LogEntry,
  type PresenceRow,
  type PublisherMark,
  type RegisterBody,
  type ServerMessage,
  type ServerMessageOf,
} from '@jwp/protocol'
import { nothingStored, type ServerEffect, type StoredState } from '@jwp/server/core'
import { CoreAtHand, type CoreSettings } from './core-at-hand.js'
import { address } from './make-core.js'

const parentId = asServerId('p#1')
export const term = asEpoch(`1.${parentId}`)
const home = asPublisherId('home')
const base = 50

export const marker: LogEntry = {
  epoch: term,
  timestamp: 10,
  publisher: noPublisher,
  n: 0,
  kind: 'marker',
  body: new Uint8Array(0),
}

export const entry = (publisher: string, n: number, kind: LogEntry['kind'], body: unknown): LogEntry => ({
  ...marker,
  publisher: asPublisherId(publisher),
  n,
  kind,
  body: new TextEncoder().encode(JSON.stringify(body)),
})

/** A log whose beginning is kept no more, and under it so many users; half of them are connected. */
export function storedWithUsers(count: number, entries: readonly LogEntry[] = []): StoredState {
  const marks: PublisherMark[] = []
  const users: RegisterBody[] = []
  const present: (readonly [string, PresenceRow])[] = []
  for (let i = 0; i < count; i++) {
    const username = `user-${i}`
    marks.push([asPublisherId(i.toString(16).padStart(32, '0')), i + 1])
    users.push({ username, salt: '5a'.repeat(16), verifier: '7e'.repeat(32) })
    const connections = i % 2 === 0 ? [[home, i + 1, 40] as const] : []
    present.push([username, { cursor: 30, windows: [[20, openEnd]], connections }])
  }
  return {
    ...nothingStored,
    base: {
      index: base,
      lineage: [[term, base]],
      lastTimestamp: 9,
      marks,
      others: [3, 7, 8],
      users,
      presence: { users: present, homes: [[home, { covers: count, delivered: 45, behind: [] }]] },
    },
    runs: logRuns(entries),
    commit: base + entries.length,
  }
}

/** A root with that state. */
export class SendingEnd {
  readonly server: CoreAtHand
  #links = 0

  constructor(restored: StoredState, settings: CoreSettings = {}) {
    this.server = new CoreAtHand({ ...settings, restored })
    this.server.turn({ type: 'start' })
  }

  /** A server with nothing joins. What it is sent in that turn is in `server.effects`. */
  join(name = 'child'): LinkId {
    const link = asLinkId(2 * ++this.#links)
    this.server.turn(
      { type: 'link-accepted', link, remoteHost: name },
      { type: 'link-message', link, message: authenticate(name) },
    )
    return link
  }

  /** Turns until nothing more is to be sent there; what that was, turn by turn, beginning with the last turn. */
  sendAll(link: LinkId): ServerMessage[][] {
    const turns = [sentTo(this.server.effects, link)]
    while (this.wantsTurn) turns.push(sentTo(this.server.turn({ type: 'tick' }), link))
    return turns
  }

  get wantsTurn(): boolean {
    const deadlineMs = this.server.core.nextDeadlineMs()
    return deadlineMs !== undefined && deadlineMs <= this.server.now
  }
}

/** A server that has just become the child of `p`. */
export class ReceivingEnd {
  readonly server: CoreAtHand
  link: LinkId
  #probes = 0

  constructor(settings: CoreSettings = {}) {
    this.server = new CoreAtHand({ ...settings, remote: address('p') })
    this.link = this.#attach(this.server.turn({ type: 'start' }))
  }

  hears(message: ServerMessage): ServerEffect[] {
    return this.server.turn({ type: 'link-message', link: this.link, message })
  }

  /** The link breaks, and `p` is there again. */
  attachAgain(): void {
    this.server.turn({ type: 'link-closed', link: this.link, info: 'gone' })
    this.link = this.#attach(this.server.effects)
  }

  /** Somebody asks to be its child, and `p` has nothing against it: the answers. */
  asked(): ServerMessage[] {
    const link = asLinkId(2 * ++this.#probes)
    this.server.turn({ type: 'link-accepted', link, remoteHost: 'new' })
    const asking = this.server.turn({ type: 'link-message', link, message: authenticate('new') })
    const [check] = ofType(sentTo(asking, this.link), 'CHECK')
    const rootLineage = [[term, base + 1]] as const
    const result = {
      type: 'CHECK_RESULT',
      nonce: check!.nonce,
      ok: true,
      rootLineage,
      epochNumber: 1,
    } as const
    return sentTo(this.hears(result), link)
  }

  #attach(effects: readonly ServerEffect[]): LinkId {
    const dial = effects.find((effect) => effect.type === 'dial')
    if (dial?.type !== 'dial') throw new Error('it asks nobody')
    const { link } = dial
    const hear = (message: ServerMessage): unknown =>
      this.server.turn({ type: 'link-message', link, message })
    this.server.turn({ type: 'link-opened', link })
    hear({ type: 'REFUSE', why: 'rooted' })
    hear({
      type: 'AUTHENTICATION_SUCCESS',
      id: parentId,
      path: [{ id: parentId, address: address('p') }],
      succession: [],
      rootLineage: [[term, base + 1]],
      epochNumber: 1,
      everywhere: 0,
      contacts: [],
      clock: { host: 'c', port: 3 },
      you: address('me'),
    })
    if (this.server.core.inspect().role !== 'child') throw new Error('it has not attached')
    return link
  }
}

/** A server with nothing, which knows the secret of `me`. */
function authenticate(name: string): ServerMessage {
  return {
    type: 'AUTHENTICATE',
    secret: 'me',
    mysecret: name,
    name: address(name).name,
    hostname: name,
    port: 1,
    id: asServerId(`${name}#1`),
    lineage: [],
    base: 0,
    length: 0,
    size: 1,
    sinceMs: 0,
    root: false,
    dry: false,
  }
}

export function sentTo(effects: readonly ServerEffect[], to: LinkId): ServerMessage[] {
  return effects.flatMap((effect) => (effect.type === 'send' && effect.link === to ? [effect.message] : []))
}

export function ofType<Type extends ServerMessage['type']>(
  messages: readonly ServerMessage[],
  ...types: Type[]
): ServerMessageOf<Type>[] {
  return messages.filter((message) => (types as string[]).includes(message.type)) as ServerMessageOf<Type>[]
}
