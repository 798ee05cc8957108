/** A client's core in the model network: executes what it wants, and notes what it says to its user. */
import type { AckLevel, Endpoint } from '@jwp/protocol'
import type { ClientLimits } from '@jwp/client/core'
import { CoreBench } from './core-bench.js'
import { ModelNetwork } from './model-network.js'

export class ClientInModel {
  readonly bench: CoreBench
  readonly network: ModelNetwork
  /** What was handed to the user, in order. */
  readonly delivered: {
    readonly publisher: string
    readonly n: number
    readonly text: string
    readonly own: boolean
  }[] = []
  readonly published: string[] = []
  /** How often each ticket was answered. */
  readonly answers = new Map<number, string[]>()
  stopped = false
  #isPaused = false
  #isFull = false
  #dialling: Endpoint | undefined

  constructor(serverCount: number, ackLevel: AckLevel, limits: Partial<ClientLimits> = {}) {
    this.network = new ModelNetwork(serverCount)
    const seeds = this.network.applied.map((_, server) => ({ hostname: 'jwp.test', port: server + 1 }))
    this.bench = new CoreBench({ seeds, ackLevel, limits })
    this.bench.give({ type: 'start' })
    this.execute()
  }

  get isConnected(): boolean {
    return this.network.connection !== undefined
  }

  get isDialling(): boolean {
    return this.#dialling !== undefined
  }

  publish(): void {
    const text = `own ${this.published.length + 1}`
    this.published.push(text)
    this.answers.set(this.bench.publish({ text }), [])
    this.execute()
  }

  answerDial(accept: boolean): void {
    const endpoint = this.#dialling
    if (endpoint === undefined) return
    this.#dialling = undefined
    if (accept) this.network.connect(endpoint.port - 1)
    this.#isPaused = false
    this.bench.give(accept ? { type: 'connected' } : { type: 'connect-failed', info: 'refused' })
    this.execute()
  }

  /** The client gets up to `most` lines. */
  receive(most: number): void {
    for (let i = 0; i < most; i++) {
      if (this.#isPaused) return
      const line = this.network.takeLineForClient()
      if (line === undefined) return
      this.bench.say(line)
      this.execute()
    }
  }

  /** The user has more than it wants, or has room again. */
  fill(isFull: boolean): void {
    if (this.#isFull === isFull) return
    this.#isFull = isFull
    this.bench.give({ type: 'reading', paused: isFull })
    this.execute()
  }

  breakConnection(read: number): void {
    if (!this.isConnected) return
    this.network.sever(read)
    this.bench.give({ type: 'disconnected' })
    this.execute()
  }

  advance(ms: number): void {
    this.bench.advance(ms)
    this.execute()
  }

  execute(): void {
    for (const effect of this.bench.take()) {
      switch (effect.type) {
        case 'dial':
          this.#dialling = effect.endpoint
          break
        case 'send':
          if (!this.isConnected) throw new Error('the core sends without a connection')
          this.network.connection!.toServer.push(
            JSON.parse(JSON.stringify(effect.command)) as Record<string, unknown>,
          )
          break
        case 'disconnect':
          this.#dialling = undefined
          // What was sent is still on its way.
          this.network.sever(Infinity)
          break
        case 'pause':
        case 'resume':
          this.#isPaused = effect.type === 'pause'
          break
        case 'deliver': {
          if (this.#isFull) throw new Error('a broadcast was handed to a user that had no room')
          const { publisher, n, activity, own } = effect.broadcast
          this.delivered.push({ publisher, n, text: String(activity['text']), own })
          break
        }
        case 'settled':
          this.answers.get(effect.ticket)!.push('settled')
          break
        case 'failed':
          this.answers.get(effect.ticket)!.push(effect.mayHaveHappened ? 'maybe' : 'not')
          break
        case 'stop':
          this.stopped = true
          break
        default:
          break
      }
    }
  }

  /** What is under way arrives, is ordered, applied and told. */
  flow(): void {
    while (this.network.hasLineForServer) this.network.readLine()
    this.network.order(Infinity)
    this.network.applied.forEach((_, server) => {
      this.network.apply(server, Infinity)
    })
    this.network.flush()
    this.receive(Infinity)
  }

  /** No more faults: everything arrives. False: it has not come to rest within a bound. */
  heal(isDone: () => boolean): boolean {
    this.fill(false)
    for (let round = 0; round < 3_000; round++) {
      this.answerDial(true)
      this.flow()
      if (isDone()) return true
      this.advance(20)
    }
    return false
  }
}
