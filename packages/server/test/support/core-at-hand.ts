/** A core without a shell: the turns it is put through, and what it wants done and written. */
import { asClientId, asSessionToken, timestampAtUnixMs } from '@jwp/protocol'
import {
  applyChange,
  nothingStored,
  type ServerCore,
  type ServerEffect,
  type ServerInput,
  type StoreChange,
  type StoredState,
} from '@jwp/server/core'
import { makeCore, type CoreOptions } from './make-core.js'

export const ann = asClientId(1)

export interface CoreSettings extends CoreOptions {
  readonly restored?: StoredState
}

export class CoreAtHand {
  readonly core: ServerCore
  readonly changes: StoreChange[] = []
  effects: ServerEffect[] = []
  #nowMs = 1_800_000_000_000

  constructor({ restored, ...options }: CoreSettings = {}) {
    this.core = makeCore({ disk: restored === undefined ? {} : { restored }, ...options })
  }

  /** These inputs as one turn; returns what it wants done. */
  turn(...inputs: ServerInput[]): ServerEffect[] {
    this.effects = [...inputs, { type: 'turn-ended' } as const].flatMap((input) => [
      ...this.core.handle(input, ++this.#nowMs),
    ])
    for (const effect of this.effects) if (effect.type === 'store') this.changes.push(effect.change)
    return this.effects
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** The disk has everything that it was given. */
  stored(): ServerEffect[] {
    return this.turn({ type: 'stored', number: this.changes.at(-1)!.number })
  }

  say(...commands: object[]): ServerEffect[] {
    return this.turn(...commands.map((value) => ({ type: 'client-line', client: ann, value }) as const))
  }

  logIn(): void {
    const freshToken = asSessionToken('0'.repeat(32))
    this.turn({ type: 'client-opened', client: ann, freshToken, dialect: 'lines' })
    this.say({ command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] })
  }

  get now(): number {
    return this.#nowMs
  }

  /** The clock answers what was asked last. */
  grant(unixMs = this.#nowMs): ServerEffect[] {
    const asked = this.effects.find((effect) => effect.type === 'ask-clock')
    if (asked?.type !== 'ask-clock') throw new Error('the clock was not asked')
    const { nonce, count } = asked
    const start = Math.max(asked.atLeast + 1, timestampAtUnixMs(Math.floor(unixMs)))
    return this.turn({ type: 'clock-granted', nonce, start, count })
  }

  get onDisk(): StoredState {
    return this.changes.reduce(applyChange, nothingStored)
  }
}
