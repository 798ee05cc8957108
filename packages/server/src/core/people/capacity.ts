/**
 * How many clients are logged in here at most, and where those go who find no place: to a server that has room, or to one
 * that is being started for them. Who is in stays in, however the limit came to be exceeded.
 */
import type { Address } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { ClientState } from './client-state.js'

/** By then a client that was sent to another server is there, and that server has announced it. */
const unannouncedMs = 1_000

/** A login that is right and wants a place. One of the three is called, once, unless the client goes before that. */
export interface SeatRequest {
  readonly client: ClientState
  /** The connection of ours whose session goes on over this one: its place is free. */
  readonly replaces: ClientState | undefined
  admit(): void
  /** There is a place elsewhere: whatever has to be said before REDIRECT. */
  sendOn(): void
  /** Nowhere is a place; `info` says so in words. The client is surely not logged in. */
  refuse(info: string): void
}

export class Capacity {
  readonly #parts: Parts
  /** Logged in, or about to be. */
  readonly #seated = new Set<ClientState>()
  /** Whom we have sent where a moment ago. */
  #sent: readonly { readonly name: string; readonly untilMs: number }[] = []
  /** In the order of asking. */
  readonly #waiting = new Map<ClientState, SeatRequest>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Most clients that are logged in here at once; undefined: any number. */
  get limit(): number | undefined {
    return this.#parts.options.growth?.maxClients
  }

  /** Clients with a place here. */
  get count(): number {
    return this.#seated.size
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  get isFull(): boolean {
    return this.#seated.size >= (this.limit ?? Infinity)
  }

  ask(request: SeatRequest): void {
    const { client, replaces } = request
    if (replaces !== undefined && this.#seated.delete(replaces)) this.#seated.add(client)
    if (this.#seated.has(client)) return request.admit()
    // Those who wait come first, or they would wait for ever.
    if (this.#waiting.size === 0 && this.#place(request)) return
    const info = this.#parts.provisioning.ask()
    if (info !== undefined) return request.refuse(info)
    this.#wait(request)
  }

  /** The client is gone, and its place is free. */
  left(client: ClientState): void {
    this.#seated.delete(client)
    this.#waiting.delete(client)
  }

  /** End of a turn: places may have become free, here or elsewhere. */
  advance(): void {
    for (const request of [...this.#waiting.values()]) {
      if (this.#place(request)) continue
      const info = this.#parts.provisioning.ask()
      if (info === undefined) return
      this.#refuse(request, info)
    }
  }

  #place(request: SeatRequest): boolean {
    const { client } = request
    if (!this.isFull) {
      this.#waiting.delete(client)
      this.#seated.add(client)
      request.admit()
      return true
    }
    const target = this.#seatElsewhere()
    if (target === undefined) return false
    this.#waiting.delete(client)
    this.#sendOn(request, target)
    return true
  }

  /** What is announced does not know yet of those whom we have just sent there. */
  #seatElsewhere(): Address | undefined {
    const { loads, time } = this.#parts
    this.#sent = this.#sent.filter(({ untilMs }) => untilMs > time.nowMs)
    for (const { address, clients, limit = Infinity } of loads.known()) {
      const sent = this.#sent.filter(({ name }) => name === address.name).length
      if (clients + sent >= limit) continue
      this.#sent = [...this.#sent, { name: address.name, untilMs: time.nowMs + unannouncedMs }]
      return address
    }
    return undefined
  }

  #sendOn(request: SeatRequest, target: Address): void {
    const { outbox, sessions } = this.#parts
    const { client } = request
    request.sendOn()
    const port = client.dialect === 'write-utf' ? String(target.port) : target.port
    outbox.tell(client.id, { command: 'REDIRECT', hostname: target.host, port })
    client.deciding = undefined
    sessions.hangUp(client)
  }

  #wait(request: SeatRequest): void {
    const { client } = request
    const { clients, time, options } = this.#parts
    const { decideWithinMs } = options.timing
    this.#waiting.set(client, request)
    clients.decide(client, {
      // A login that was verified has used some of its time already.
      deadlineMs: client.deciding?.deadlineMs ?? time.nowMs + decideWithinMs,
      onDeadline: () =>
        this.#refuse(request, 'all servers are full, and another one is still being started, try again'),
    })
  }

  #refuse(request: SeatRequest, info: string): void {
    this.#waiting.delete(request.client)
    request.refuse(info)
  }
}
