/** One TCP connection: two pipes, each in order, and the ways in which it can end. */
import type { Random } from '@jwp/protocol'
import type { EventQueue } from '../event-queue.js'

export type HostName = string

/** The network, as a connection asks it about the way between its two hosts. */
export interface Carrier {
  readonly queue: EventQueue
  readonly random: Random
  latencyMs(from: HostName, to: HostName): number
  /** How long a frame is under way beyond the latency. */
  transmissionMs(from: HostName, to: HostName, frame: unknown): number
  isCut(from: HostName, to: HostName): boolean
  /** Called again when some cut ends. */
  whenCutsChange(retry: () => void): void
  /** Called when some line is as wide as before. */
  whenWide(hurry: () => void): void
}

/** One side's view: what arrives from the other. */
export interface ConnectionEnd {
  arrived(frame: unknown): void
  /** Part of a frame has arrived. */
  progressed?(): void
  /** The other side has closed it, or its process has died. */
  closed(info: string): void
  /** We have closed it, and this is how it has ended at the other side. */
  over?(info: string): void
}

export type Side = 'dialler' | 'acceptor'

type Item =
  | { readonly frame: unknown }
  | { readonly part: true }
  | { readonly end: string }
  | { readonly opened: () => void }

/** What was under way when a cut ended comes with the next retransmission. */
const retransmissionMs = 200
/** The first bytes of a long frame come after this, and so on. Well below every silence limit. */
const partEveryMs = 50

const inOrder = 'closed by the other side'

class Pipe {
  readonly #network: Carrier
  readonly #from: HostName
  readonly #to: HostName
  readonly #deliver: (item: Item) => void
  #lastArrivalMs = 0
  #stalled: Item[] = []
  #underWay: Item[] = []
  #isTrickling = false
  /** Items that a crash takes with it are never delivered: what counts is what is still in here. */
  #generation = 0

  constructor(network: Carrier, from: HostName, to: HostName, deliver: (item: Item) => void) {
    this.#network = network
    this.#from = from
    this.#to = to
    this.#deliver = deliver
  }

  send(item: Item): void {
    const { queue } = this.#network
    const beginsMs = Math.max(
      this.#lastArrivalMs,
      queue.nowMs + this.#network.latencyMs(this.#from, this.#to),
    )
    const takesMs = 'frame' in item ? this.#network.transmissionMs(this.#from, this.#to, item.frame) : 0
    this.#lastArrivalMs = beginsMs + takesMs
    this.#underWay.push(item)
    if (takesMs > 0) this.#trickle(beginsMs)
    this.#schedule(this.#lastArrivalMs)
  }

  /** A crash: the kernel may still send what it has, or a reset overtakes some of it. */
  loseTail(count: number): void {
    this.#generation++
    const kept = this.#underWay.slice(0, Math.max(0, this.#underWay.length - count))
    this.#underWay = kept
    // What the kernel of the dead process still has is soon sent.
    if (this.#isTrickling) {
      const { queue } = this.#network
      this.#lastArrivalMs = queue.nowMs + this.#network.latencyMs(this.#from, this.#to)
    }
    for (let k = 0; k < kept.length; k++) this.#schedule(this.#lastArrivalMs)
  }

  get underWayCount(): number {
    return this.#underWay.length
  }

  stop(): void {
    this.#generation++
    this.#underWay = []
    this.#stalled = []
  }

  /** Parts of a long frame, and in the end no later than a wide line would bring it. */
  #trickle(beginsMs: number): void {
    const generation = this.#generation
    this.#isTrickling = true
    for (let atMs = beginsMs + partEveryMs; atMs < this.#lastArrivalMs; atMs += partEveryMs) {
      this.#network.queue.at(atMs, () => {
        if (generation !== this.#generation || this.#stalled.length > 0) return
        if (!this.#network.isCut(this.#from, this.#to)) this.#deliver({ part: true })
      })
    }
    this.#network.whenWide(() => this.#hurry())
  }

  #hurry(): void {
    this.#isTrickling = false
    if (this.#underWay.length === 0) return
    this.#generation++
    this.#lastArrivalMs = this.#network.queue.nowMs + this.#network.latencyMs(this.#from, this.#to)
    for (let k = 0; k < this.#underWay.length; k++) this.#schedule(this.#lastArrivalMs)
  }

  #schedule(atMs: number): void {
    const generation = this.#generation
    this.#network.queue.at(atMs, () => {
      if (generation === this.#generation) this.#arrive()
    })
  }

  #arrive(): void {
    const item = this.#underWay.shift()
    if (item === undefined) return
    if (this.#stalled.length === 0 && !this.#network.isCut(this.#from, this.#to)) this.#deliver(item)
    else this.#stall(item)
  }

  #stall(item: Item): void {
    this.#stalled.push(item)
    if (this.#stalled.length === 1) this.#network.whenCutsChange(() => this.#retry())
  }

  #retry(): void {
    if (this.#stalled.length === 0) return
    if (this.#network.isCut(this.#from, this.#to)) {
      this.#network.whenCutsChange(() => this.#retry())
      return
    }
    const { queue, random } = this.#network
    this.#underWay = [...this.#stalled, ...this.#underWay]
    const waiting = this.#stalled.length
    this.#stalled = []
    const atMs =
      queue.nowMs + random.between(0, retransmissionMs) + this.#network.latencyMs(this.#from, this.#to)
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs)
    // What is under way behind them must not overtake: everything arrives then, in order.
    this.#generation++
    for (let k = 0; k < this.#underWay.length; k++) this.#schedule(k < waiting ? atMs : this.#lastArrivalMs)
  }
}

export class Connection {
  readonly diallerHost: HostName
  readonly acceptorHost: HostName
  dialler: ConnectionEnd | undefined
  acceptor: ConnectionEnd | undefined
  readonly #up: Pipe
  readonly #down: Pipe
  readonly #network: Carrier
  readonly #open = { dialler: true, acceptor: true }
  /** When a side has closed it in order, and has not heard yet how it ended. */
  readonly #closedMs: { dialler?: number; acceptor?: number } = {}
  #isEstablished = false
  #hangs = false

  constructor(network: Carrier, diallerHost: HostName, acceptorHost: HostName) {
    this.#network = network
    this.diallerHost = diallerHost
    this.acceptorHost = acceptorHost
    this.#up = new Pipe(network, diallerHost, acceptorHost, (item) => this.#deliver('acceptor', item))
    this.#down = new Pipe(network, acceptorHost, diallerHost, (item) => this.#deliver('dialler', item))
  }

  /** The acceptor's kernel has answered: the dialler learns it before anything that the acceptor sends. */
  answerDial(opened: () => void): void {
    this.#down.send({ opened })
  }

  /**
   * A table of connections on the way has forgotten this one: nothing passes any more, and neither side is told. One that is
   * not established yet is not in the table: its dialler tries again, until it gives up.
   */
  hang(): void {
    if (!this.#isEstablished) return
    this.#hangs = true
    this.#up.stop()
    this.#down.stop()
  }

  send(from: Side, frame: unknown): void {
    if (this.#open[from]) this.#put(from, { frame })
  }

  /** In order: what was sent arrives first. To this side only the end at the other one is reported. */
  closeFrom(side: Side): void {
    if (!this.#open[side]) return
    this.#open[side] = false
    this.#closedMs[side] = this.#network.queue.nowMs
    this.#put(side, { end: inOrder })
  }

  /** The process on this side is gone. */
  crashFrom(side: Side): void {
    if (!this.#open[side]) return
    this.#open[side] = false
    const pipe = this.#pipeFrom(side)
    const { random } = this.#network
    if (random.chance(0.5)) pipe.loseTail(random.below(pipe.underWayCount + 1))
    this.#put(side, { end: 'connection reset' })
  }

  #put(from: Side, item: Item): void {
    if (!this.#hangs) this.#pipeFrom(from).send(item)
  }

  #pipeFrom(side: Side): Pipe {
    return side === 'dialler' ? this.#up : this.#down
  }

  #deliver(side: Side, item: Item): void {
    const end = this.#endOf(side)
    if (!this.#open[side]) {
      if ('end' in item) this.#over(side, item.end)
      return
    }
    if ('frame' in item) end?.arrived(item.frame)
    else if ('part' in item) end?.progressed?.()
    else if ('opened' in item) {
      this.#isEstablished = true
      item.opened()
    } else {
      this.#open[side] = false
      this.#pipeFrom(side).stop()
      end?.closed(item.end)
      if (item.end === inOrder) this.#answerEnd(side)
    }
  }

  /** The kernel of this side has read all, and says so. It takes as long as the word that it answers did. */
  #answerEnd(side: Side): void {
    const other = side === 'dialler' ? 'acceptor' : 'dialler'
    const { queue } = this.#network
    const closedMs = this.#closedMs[other]
    if (closedMs !== undefined) queue.after(queue.nowMs - closedMs, () => this.#over(other, inOrder))
  }

  #over(side: Side, info: string): void {
    if (this.#closedMs[side] === undefined) return
    delete this.#closedMs[side]
    this.#endOf(side)?.over?.(info)
  }

  #endOf(side: Side): ConnectionEnd | undefined {
    return side === 'dialler' ? this.dialler : this.acceptor
  }
}
