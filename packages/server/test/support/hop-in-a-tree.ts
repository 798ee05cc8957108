/** A core with a parent and children that the test speaks for. */
import {
  asClientId,
  asEpoch,
  asLinkId,
  asPublisherId,
  asServerId,
  asSessionToken,
  LogRun,
  noPublisher,
  pendingIn,
  type LinkId,
  type LogEntry,
  type RegisterBody,
  type ServerCommand,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffect, ServerInput } from '@jwp/server/core'
import { authenticate } from './authenticate.js'
import { address, clock, makeCore, platform as plain } from './make-core.js'

const platform = { ...plain, sha256Hex: (text: string) => Buffer.from(text).toString('hex') }
const parentId = asServerId('p#1')
const term = asEpoch(`1.${parentId}`)
const marker: LogEntry = {
  ...{ epoch: term, timestamp: 1, publisher: noPublisher, n: 0, kind: 'marker', body: new Uint8Array(0) },
}

/** What a secret hashes to, in these tests. */
export const verifierOf = (secret: string, salt: string): string => platform.sha256Hex(`${salt} ${secret}`)

export class Hop {
  readonly core = makeCore({ remote: address('p'), limits: { maxChildren: 1_000 } }, platform)
  parent!: LinkId
  nowMs = 1_800_000_000_000
  /** Hashes are answered at once; else they wait here. */
  hashes: 'answered' | 'wait' = 'answered'
  readonly answers: ServerCommand[] = []
  readonly #sent: { link: LinkId; message: ServerMessage }[] = []
  #closed: LinkId[] = []
  #clients = 0
  #links = 0
  #logged = 0

  constructor() {
    this.attach()
  }

  /** Becomes the child of `p`, at first or again. */
  attach(): void {
    const dialled = [...this.turn({ type: 'start' })].find((effect) => effect.type === 'dial')
    if (dialled?.type !== 'dial') throw new Error('it asks nobody')
    this.parent = dialled.link
    this.turn({ type: 'link-opened', link: this.parent })
    this.hears(this.parent, { type: 'REFUSE', why: 'rooted' })
    this.hears(this.parent, {
      type: 'AUTHENTICATION_SUCCESS',
      id: parentId,
      path: [{ id: parentId, address: address('p') }],
      succession: [],
      rootLineage: [],
      epochNumber: 1,
      everywhere: 0,
      contacts: [],
      clock,
      you: address('me'),
    })
    if (this.core.inspect().role !== 'child') throw new Error('it has not attached')
    this.#log(marker)
  }

  addChild(): LinkId {
    const link = asLinkId(2 * ++this.#links)
    const name = `child${this.#links}`
    this.turn({ type: 'link-accepted', link, remoteHost: name })
    this.hears(link, authenticate(address(name)))
    const check = this.sentTo(this.parent, 'CHECK').at(-1)
    if (check?.type !== 'CHECK') throw new Error('it does not ask above')
    const { nonce } = check
    this.hears(this.parent, { type: 'CHECK_RESULT', nonce, ok: true, rootLineage: [], epochNumber: 1 })
    if (this.sentTo(link, 'AUTHENTICATION_SUCCESS').length === 0) throw new Error('it takes no child')
    return link
  }

  /** A registration comes down the log, and is committed. */
  learns(account: RegisterBody): void {
    const body = platform.encodeUtf8(JSON.stringify(account))
    this.#log({ ...marker, publisher: asPublisherId('other'), n: this.#logged, kind: 'register', body })
  }

  /** What we sent up ourselves comes back down. */
  logsWhatWentUp(): void {
    const batches = this.sentTo(this.parent, 'UP')
    for (const message of batches)
      if (message.type === 'UP')
        for (const entry of pendingIn(message.runs)) this.#log({ ...marker, ...entry })
    this.forgetSent()
  }

  hears(link: LinkId, message: ServerMessage): void {
    this.turn({ type: 'link-message', link, message })
  }

  loses(link: LinkId): void {
    this.turn({ type: 'link-closed', link, info: 'gone' })
  }

  /** A client that resumes, so that it need not wait for its own login to be logged. */
  logIn(username: string, secret: string): void {
    const client = asClientId(++this.#clients)
    const token = asSessionToken('0'.repeat(32))
    const publisher = platform.sha256Hex(`jwp session ${token} ${username}`).slice(0, 32)
    this.turn(
      { type: 'client-opened', client, freshToken: token, dialect: 'lines' },
      {
        type: 'client-line',
        client,
        value: {
          command: 'LOGIN',
          username,
          secret,
          features: ['resume'],
          resume: { session: token, publisher, lineage: [] },
        },
      },
    )
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.turn({ type: 'tick' })
  }

  sentTo<Type extends ServerMessage['type']>(
    link: LinkId,
    ...types: Type[]
  ): Extract<ServerMessage, { type: Type }>[] {
    return this.#sent
      .filter((each) => each.link === link && (types as string[]).includes(each.message.type))
      .map((each) => each.message as Extract<ServerMessage, { type: Type }>)
  }

  /** What of the flood has gone there since the last look. */
  floodTo(link: LinkId): ServerMessage[] {
    const flood = this.sentTo(link, 'LOGIN_REQUEST', 'LOGIN_ALLOWED', 'LOGIN_DENIED')
    for (let i = this.#sent.length - 1; i >= 0; i--)
      if (this.#sent[i]!.link === link && this.#sent[i]!.message.type.startsWith('LOGIN_'))
        this.#sent.splice(i, 1)
    return flood
  }

  hasClosed(link: LinkId): boolean {
    return this.#closed.includes(link)
  }

  forgetSent(): void {
    this.#sent.length = 0
  }

  turn(...inputs: ServerInput[]): ServerEffect[] {
    const effects: ServerEffect[] = []
    for (const input of [...inputs, { type: 'turn-ended' } as const])
      effects.push(...this.core.handle(input, this.nowMs))
    for (const effect of effects) this.#note(effect)
    for (const effect of effects) if (this.hashes === 'answered') this.#hash(effect)
    return effects
  }

  #note(effect: ServerEffect): void {
    if (effect.type === 'send') this.#sent.push(effect)
    if (effect.type === 'send-to-client') this.answers.push(effect.command)
    if (effect.type === 'close') this.#closed.push(effect.link)
  }

  #hash(effect: ServerEffect): void {
    if (effect.type === 'hash-secret') {
      const { job, secret, salt = 'aa' } = effect
      this.turn({ type: 'secret-hashed', job, salt, verifier: verifierOf(secret, salt) })
    } else if (effect.type === 'check-secret') {
      const { job, secret, salt, verifier } = effect
      this.turn({ type: 'secret-checked', job, ok: verifierOf(secret, salt) === verifier })
    }
  }

  #log(entry: LogEntry): void {
    const from = ++this.#logged
    this.hears(this.parent, {
      type: 'LOG',
      from,
      runs: [LogRun.of({ ...entry, timestamp: from })],
      commit: from,
      ack: false,
    })
  }
}
