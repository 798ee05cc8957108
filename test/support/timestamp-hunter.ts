/**
 * Asks every clock of a group all the time, without saying what it has already, and keeps account: no timestamp may
 * come twice, and a question after an answer must get more than was in it.
 */
import { dialLink, type Link } from '@jwp/transport'
import type { ExecutionContext } from 'ava'
import { timestampAtUnixMs, type ClockMessage } from '@jwp/protocol'

const count = 16
const askEveryMs = 2
/**
 * The first question asks for numbers that are so far ahead: from then on the clocks count from there. With numbers of
 * the time the ceiling alone would stop a leader whose lease is over, and the test would not show whether it minds its
 * lease.
 */
const aheadMs = 60_000
/** A clock that hangs is not asked ever more. */
const maxOpen = 50

export class TimestampHunter {
  readonly grants: { readonly start: number; readonly end: number; readonly port: number }[] = []
  readonly faults: string[] = []
  readonly #stops: (() => void)[] = []
  #highest = 0
  #nonce = 0

  constructor(t: ExecutionContext, ports: readonly number[]) {
    for (const port of ports) this.#hunt(port)
    t.teardown(() => {
      this.stop()
    })
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  /** What is wrong with all that came. */
  judge(): string[] {
    this.stop()
    const sorted = [...this.grants].sort((a, b) => a.start - b.start)
    const twice = sorted.filter((grant, i) => i > 0 && grant.start <= sorted[i - 1]!.end)
    return [...this.faults, ...twice.map(({ start, port }) => `${start} came twice, last from ${port}`)]
  }

  #hunt(port: number): void {
    let link: Link | undefined
    let isDialling = false
    /** The highest timestamp known when each question left. */
    const open = new Map<number, number>()
    const dial = (): void => {
      isDialling = true
      const attempt = dialLink(
        { host: '127.0.0.1', port },
        {
          onOpen: (opened) => {
            isDialling = false
            link = opened
            opened.onMessages = (messages) => {
              for (const message of messages) this.#heard(message as ClockMessage, port, open)
            }
            opened.onClosed = () => {
              link = undefined
              open.clear()
            }
          },
          onFailure: () => {
            isDialling = false
          },
        },
      )
      this.#stops.push(() => attempt.cancel())
    }
    const ahead = timestampAtUnixMs(Date.now() + aheadMs)
    const timer = setInterval(() => {
      if (link === undefined) {
        if (!isDialling) dial()
        return
      }
      if (open.size >= maxOpen) return
      const nonce = ++this.#nonce
      open.set(nonce, this.#highest)
      link.send({ type: 'TIME', versions: [1, 1], nonce, count, atLeast: this.#highest === 0 ? ahead : 0 })
      link.flush()
    }, askEveryMs)
    this.#stops.push(() => {
      clearInterval(timer)
      link?.close()
    })
  }

  #heard(message: ClockMessage, port: number, open: Map<number, number>): void {
    const knownBefore = open.get(message.nonce)
    open.delete(message.nonce)
    if (message.type !== 'GRANT' || knownBefore === undefined) return
    const { start } = message
    const end = start + message.count - 1
    if (start <= knownBefore) this.faults.push(`${port} gave ${start} to who knew ${knownBefore}`)
    this.grants.push({ start, end, port })
    this.#highest = Math.max(this.#highest, end)
  }
}
