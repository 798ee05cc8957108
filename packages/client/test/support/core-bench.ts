/** One client's core on a bench: told what happens, asked what it wants. Time is a number that only tests move. */
import {
  ClientCore,
  defaultClientLimits,
  type ClientEffect,
  type ClientEvent,
  type ClientInput,
  type ClientLimits,
  type ClientOptions,
} from '@jwp/client/core'
import type { AckLevel, Activity, Endpoint } from '@jwp/protocol'

export interface BenchOptions {
  readonly seeds?: readonly Endpoint[]
  readonly username?: string
  readonly secret?: string
  readonly ackLevel?: AckLevel
  readonly presence?: boolean
  readonly limits?: Partial<ClientLimits>
}

export const serverAt = (port: number): Endpoint => ({ hostname: 'jwp.test', port })

type EffectOf<Type extends ClientEffect['type']> = Extract<ClientEffect, { type: Type }>

export class CoreBench {
  readonly core: ClientCore
  nowMs = 1_000_000
  /** All that the core wanted since the last `take`. */
  #effects: ClientEffect[] = []
  #nextTicket = 1

  constructor(options: BenchOptions = {}) {
    const all: ClientOptions = {
      seeds: options.seeds ?? [serverAt(1), serverAt(2), serverAt(3)],
      username: options.username ?? 'anonymous',
      secret: options.secret,
      ackLevel: options.ackLevel ?? 'logged',
      presence: options.presence ?? false,
      holder: 'bench',
      seed: 7,
      limits: { ...defaultClientLimits, ...options.limits },
    }
    this.core = new ClientCore(all)
  }

  give(input: ClientInput): void {
    this.#effects.push(...this.core.handle(input, this.nowMs))
  }

  say(command: object): void {
    this.give({ type: 'command', value: JSON.parse(JSON.stringify(command)) as unknown })
  }

  publish(activity: Activity): number {
    const ticket = this.#nextTicket++
    this.give({ type: 'publish', ticket, activity })
    return ticket
  }

  /** Lets time pass, ticking when the core asked for it. A core that wants to be woken without end is stuck. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms
    for (let ticks = 0; ticks < 10_000; ticks++) {
      const dueMs = this.core.nextDeadlineMs()
      if (dueMs === undefined || dueMs > endMs) {
        this.nowMs = endMs
        return
      }
      this.nowMs = Math.max(this.nowMs, Math.ceil(dueMs))
      this.give({ type: 'tick' })
    }
    throw new Error(`the core asked for 10,000 ticks within ${ms} ms`)
  }

  /** What the core wanted since the last call. */
  take(): ClientEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  takeAll<Type extends ClientEffect['type']>(type: Type): EffectOf<Type>[] {
    return this.take().filter((effect): effect is EffectOf<Type> => effect.type === type)
  }

  /** Begins, connects and logs in for the first time. */
  logIn(welcome: object = {}): void {
    this.give({ type: 'start' })
    this.give({ type: 'connected' })
    this.say(welcomeLine(welcome))
    this.take()
  }
}

/** What a server with an empty log says to a new client. */
export function welcomeLine(fields: object = {}): object {
  return {
    command: 'LOGIN_SUCCESS',
    version: 1,
    info: 'logged in as user anonymous',
    features: ['ack', 'resume', 'servers'],
    session: 'ab'.repeat(16),
    publisher: 'me',
    expect: 1,
    at: 0,
    lineage: [],
    servers: [serverAt(11), serverAt(12)],
    ...fields,
  }
}

export function broadcastLine(fields: {
  epoch?: string
  index: number
  publisher?: string
  n: number
  text?: string
}): object {
  const { text = `${fields.publisher ?? 'other'} says ${fields.n}`, ...place } = fields
  return {
    command: 'ACTIVITY_BROADCAST',
    activity: { text, authenticated_user: 'aaron' },
    epoch: '1.root#1',
    publisher: 'other',
    timestamp: 4096 * fields.index,
    ...place,
  }
}

/** Which of these effects are lines to the server, as objects. */
export function linesIn(effects: readonly ClientEffect[]): Record<string, unknown>[] {
  return effects
    .filter((effect) => effect.type === 'send')
    .map((effect) => JSON.parse(JSON.stringify(effect.command)) as Record<string, unknown>)
}

export function eventsIn(effects: readonly ClientEffect[]): ClientEvent[] {
  return effects.filter((effect) => effect.type === 'report').map((effect) => effect.event)
}

export function dialledIn(effects: readonly ClientEffect[]): number[] {
  return effects.filter((effect) => effect.type === 'dial').map((effect) => effect.endpoint.port)
}

/** What was sent since the last look; those that publish; their numbers. */
export const lines = (bench: CoreBench) => linesIn(bench.take())
export const messages = (bench: CoreBench) =>
  lines(bench).filter(({ command }) => command === 'ACTIVITY_MESSAGE')
export const ids = (bench: CoreBench) => messages(bench).map(({ id }) => id)

/** Goes on at the next server, which says `welcome`. Returns the LOGIN line. */
export function moveOn(bench: CoreBench, welcome: object): Record<string, unknown> {
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const login = linesIn(bench.take()).find(({ command }) => command === 'LOGIN')!
  bench.say(welcomeLine(welcome))
  return login
}
