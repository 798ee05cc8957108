/** One connection through a relay: two sockets, and two directions that can be held up one by one. */
import { connect, type Socket } from 'node:net'

/** Which directions of a connection pass. */
export interface Flow {
  /** From the dialling side to the dialled side. */
  readonly toTarget: boolean
  readonly fromTarget: boolean
}

export class RelayedConnection {
  /** Address that it was dialled from. */
  readonly from: string
  readonly #toTarget: Direction
  readonly #fromTarget: Direction
  readonly #dialler: Socket
  readonly #target: Socket
  #flow: Flow = { toTarget: true, fromTarget: true }
  /** A side has broken off, and the other does not know yet. */
  #brokenSide: 'dialler' | 'target' | undefined

  /** `dialler` must be paused. `onGone` is called once, when both sockets are closed. */
  constructor(dialler: Socket, target: { host: string; port: number }, onGone: () => void) {
    this.from = dialler.remoteAddress ?? ''
    const far = connect({ ...target, noDelay: true, allowHalfOpen: true })
    this.#dialler = dialler
    this.#target = far
    this.#toTarget = new Direction(dialler, far)
    this.#fromTarget = new Direction(far, dialler)
    let open = 2
    for (const socket of [dialler, far]) {
      // What broke shows as 'close'.
      socket.on('error', () => undefined)
      socket.once('close', (hadError) => {
        open -= 1
        if (hadError || !socket.readableEnded) this.#broke(socket === dialler ? 'dialler' : 'target')
        if (open === 0) onGone()
      })
    }
  }

  setFlow(flow: Flow): void {
    this.#flow = flow
    this.#toTarget.setPassing(flow.toTarget)
    this.#fromTarget.setPassing(flow.fromTarget)
    this.#passOnBreak()
  }

  destroy(): void {
    this.#dialler.destroy()
    this.#target.destroy()
  }

  #broke(side: 'dialler' | 'target'): void {
    this.#brokenSide ??= side
    this.#passOnBreak()
  }

  /** That a process has died is news, too: it does not pass a cut. */
  #passOnBreak(): void {
    const { toTarget, fromTarget } = this.#flow
    if (this.#brokenSide === 'dialler' && toTarget) this.#target.resetAndDestroy()
    if (this.#brokenSide === 'target' && fromTarget) this.#dialler.resetAndDestroy()
  }
}

/** Bytes from one socket to the other, as fast as the other takes them. */
class Direction {
  readonly #source: Socket
  readonly #sink: Socket
  #isPassing = true
  #isSinkFull = false

  constructor(source: Socket, sink: Socket) {
    this.#source = source
    this.#sink = sink
    source.on('readable', () => {
      this.#pass()
    })
    sink.on('drain', () => {
      this.#isSinkFull = false
      this.#pass()
    })
    source.once('end', () => sink.end())
  }

  setPassing(isPassing: boolean): void {
    this.#isPassing = isPassing
    this.#pass()
  }

  #pass(): void {
    while (this.#isPassing && !this.#isSinkFull) {
      const chunk = this.#source.read() as Buffer | null
      if (chunk === null) return
      if (this.#sink.writable) this.#isSinkFull = !this.#sink.write(chunk)
    }
  }
}
