/** One of several clocks: its core, the watches that it goes by, and the record in etcd. */
import {
  SharedClock,
  type LeadershipEvent,
  type Moment,
  type SharedClockEffect,
  type SharedClockInput,
} from '@jwp/clock-server/core'
import { nodeAlarmClock } from '@jwp/lines'
import { MachineDriver, type ClockAddress } from '@jwp/protocol'
import type { Logger } from 'winston'
import type { Answer, AskerInput, ClockEngine, ClockState, LeadershipState } from './clock-engine.js'
import { EtcdRecord, EtcdTrouble } from './etcd/etcd-record.js'

export interface PeerClockOptions {
  readonly id: string
  readonly place: ClockAddress
  readonly endpoints: readonly string[]
  readonly key: string
  readonly leaseMs: number
  readonly answer: Answer
  readonly log: Logger
}

export class PeerClock implements ClockEngine {
  readonly #options: PeerClockOptions
  readonly #core: SharedClock
  readonly #etcd: EtcdRecord
  readonly #driver: MachineDriver<SharedClockInput, SharedClockEffect>
  #storeFailures = 0
  #released!: () => void
  readonly #gone = new Promise<void>((resolve) => {
    this.#released = resolve
  })

  constructor(options: PeerClockOptions) {
    this.#options = options
    const { id, place, leaseMs, endpoints, key } = options
    this.#core = new SharedClock({ id, place, leaseMs })
    const machine = {
      handle: (input: SharedClockInput) => this.#core.handle(input, moment()),
      nextDeadlineMs: () => this.#core.nextDeadlineMs(),
    }
    this.#driver = new MachineDriver<SharedClockInput, SharedClockEffect>(machine, {
      clock: nodeAlarmClock(() => performance.now()),
      execute: (effects) => {
        for (const effect of effects) this.#execute(effect)
      },
      due: () => {
        this.#driver.handle({ type: 'tick' })
      },
    })
    // A member of etcd that hangs must leave time to ask another one before the lease is over.
    this.#etcd = new EtcdRecord({ endpoints, key, timeoutMs: Math.ceil(leaseMs / 2) })
  }

  start(): void {
    const { endpoints, log } = this.#options
    log.info(`one of several clocks, which share etcd at ${endpoints.join(', ')}`)
    this.#driver.handle({ type: 'start' })
  }

  get state(): ClockState {
    return this.#core.state
  }

  get leadership(): LeadershipState {
    const { leadership, sentOn } = this.#core
    const now = moment()
    return {
      isLeader: leadership.isLeading(now),
      leaseLeftMs: Math.round(leadership.leaseLeftMs(now)),
      leader: leadership.leaderAt(now),
      terms: leadership.terms,
      sentOn,
      storeFailures: this.#storeFailures,
      trouble: leadership.trouble,
    }
  }

  get about(): object {
    const { endpoints, key, leaseMs } = this.#options
    return { etcd: endpoints, key, leaseMs, ...this.leadership }
  }

  handle(input: AskerInput): void {
    this.#driver.handle(input)
  }

  /** The lease is given back, so that the next clock need not wait for it. */
  async stop(): Promise<void> {
    this.#driver.handle({ type: 'release' })
    await this.#gone
    this.#driver.stop()
  }

  #execute(effect: SharedClockEffect): void {
    switch (effect.type) {
      case 'answer':
        return this.#options.answer(effect.asker, effect.message)
      case 'read-lease':
        return this.#call(async () => ({ type: 'lease-read', view: await this.#etcd.read() }))
      case 'write-lease':
        return this.#call(async () => {
          const outcome = await this.#etcd.write(effect.ifRevision, effect.record)
          if ('instead' in outcome) return { type: 'lease-refused', view: outcome.instead }
          return { type: 'lease-written', revision: outcome.revision }
        })
      case 'report':
        return this.#report(effect.event)
      case 'released':
        return this.#released()
    }
  }

  #call(ask: () => Promise<SharedClockInput>): void {
    void ask()
      .catch((error: unknown): SharedClockInput => {
        if (!(error instanceof EtcdTrouble)) throw error
        this.#storeFailures++
        return { type: 'store-failed', info: error.message }
      })
      .then((input) => {
        this.#driver.handle(input)
      })
  }

  #report(event: LeadershipEvent): void {
    const { log } = this.#options
    // Programs read the event, people the words.
    const fields = { event: event.event }
    switch (event.event) {
      case 'leads':
        log.info('this clock leads now: servers get their timestamps here', fields)
        return
      case 'follows': {
        const { host, port } = event.leader
        log.info(
          `this clock is on standby: the one at ${host}:${port} leads and gives the timestamps`,
          fields,
        )
        return
      }
      case 'lease-lost':
        log.warn(`this clock no longer leads: ${event.why}`, fields)
        return
      case 'store-lost':
        log.warn(`waits for etcd: ${event.info}`, fields)
        return
      case 'store-back':
        log.info('etcd answers again', fields)
    }
  }
}

/** `performance.now()` is monotonic; it may stand still while the machine sleeps, which the calendar shows. */
const moment = (): Moment => ({ steadyMs: performance.now(), unixMs: Date.now() })
