/** A whole server without its sockets: hands each input to the piece that it concerns. Nothing is decided here. */
import type { Machine, Platform, ServerStatus } from '@jwp/protocol'
import type { ServerEffect } from './effects.js'
import { figuresOf, type ServerFigures } from './figures.js'
import type { ServerInput } from './inputs.js'
import type { ServerOptions } from './options.js'
import { inspectionOf, statusOf, type Inspection } from './status.js'
import { wire, type Wiring } from './wiring.js'

export class ServerCore implements Machine<ServerInput, ServerEffect> {
  readonly #pieces: Wiring
  /** When we had asked to be woken: were we asleep? */
  #promisedMs: number | undefined
  /** As of the end of the last turn; to look for it costs more than most inputs. */
  #deadlineMs: number | undefined
  #deadlineIsKnown = false

  constructor(options: ServerOptions, platform: Platform) {
    this.#pieces = wire(options, platform)
  }

  handle(input: ServerInput, nowMs: number): readonly ServerEffect[] {
    const { time, liveness, outbox } = this.#pieces
    time.nowMs = nowMs
    liveness.wake(this.#promisedMs)
    this.#deadlineIsKnown = false
    this.#dispatch(input)
    if (input.type === 'turn-ended') this.#promisedMs = this.nextDeadlineMs()
    // A deadline that has passed already asks for a tick at once, and is met when it comes.
    if (this.#promisedMs !== undefined) this.#promisedMs = Math.max(this.#promisedMs, nowMs)
    return outbox.take()
  }

  nextDeadlineMs(): number | undefined {
    if (!this.#deadlineIsKnown) this.#deadlineMs = this.#pieces.turn.nextDeadlineMs()
    this.#deadlineIsKnown = true
    return this.#deadlineMs
  }

  status(): ServerStatus {
    return statusOf(this.#pieces)
  }

  figures(): ServerFigures {
    return figuresOf(this.#pieces)
  }

  inspect(): Inspection {
    return inspectionOf(this.#pieces)
  }

  #dispatch(input: ServerInput): void {
    const { turn, start, linkRouter, links, search, sequencer, calendar, clientRouter } = this.#pieces
    const { role, fanOut, serverList, provisioning, persistence, leaving, outbox } = this.#pieces
    switch (input.type) {
      case 'start':
        return start.begin()
      case 'tick':
        return turn.tick()
      case 'turn-ended':
        return turn.end()
      case 'link-accepted':
        return links.accepted(input.link, input.remoteHost)
      case 'link-connected':
        return search.connected(input.link)
      case 'link-opened':
        return linkRouter.opened(input.link, input.roundTripMs)
      case 'link-failed':
        return linkRouter.failed(input.link, input.why, input.info)
      case 'link-closed':
        return linkRouter.closed(input.link, input.info)
      case 'link-message':
        return linkRouter.message(input.link, input.message)
      case 'link-progress':
        return linkRouter.progressed(input.link)
      case 'link-blocked':
        return linkRouter.blocked(input.link, true)
      case 'link-drained':
        return linkRouter.blocked(input.link, false)
      case 'calendar':
        return calendar.shows(input.unixMs)
      case 'clock-granted':
        return sequencer.granted(input)
      case 'clock-refused':
        return sequencer.refused(input)
      case 'clock-elsewhere':
        return sequencer.elsewhere(input)
      case 'client-opened':
        if (role.isLeaving) return outbox.push({ type: 'close-client', client: input.client })
        return clientRouter.opened(input)
      case 'client-line':
        return clientRouter.line(input)
      case 'client-garbled':
        return clientRouter.garbled(input)
      case 'client-closed':
        return clientRouter.closed(input)
      case 'client-ended':
        return clientRouter.ended(input.client)
      case 'client-blocked':
        return fanOut.blocked(input.client)
      case 'client-drained':
        fanOut.drained(input.client)
        return serverList.drained(input.client)
      case 'secret-hashed':
      case 'secret-checked':
      case 'job-failed':
        return clientRouter.jobFinished(input)
      case 'start-failed':
        return provisioning.failed(input)
      case 'stored':
        return persistence.stored(input.number)
      case 'store-failed':
        return persistence.failed(input.info)
      case 'leave':
        return leaving.begin()
    }
  }
}
