/** A link over net-ipc: one frame per flush, closed sockets noticed at once, memory bounded in both directions. */
import type { Socket } from 'node:net'
import { endSoon, hasSeenEnd, hostOf } from '@jwp/lines'
import { maxFrameBytes } from '@jwp/protocol'
import type { Link, LinkLimits } from './link.js'
import { packFrame, type NetIpcPeer } from './net-ipc-peer.js'

export const defaultLinkLimits: LinkLimits = {
  maxFrameBytes,
  unauthenticatedFrameBytes: 1_048_576,
  frameTargetBytes: maxFrameBytes / 8,
  highWaterBytes: 4_194_304,
  handshakeTimeoutMs: 10_000,
  lingerMs: 1_000,
}

export class NetLink implements Link {
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  /** Called once, when the peer is authenticated. For counting unauthenticated links. */
  onTrusted: (() => void) | undefined
  readonly remoteHost: string
  readonly #peer: NetIpcPeer
  readonly #socket: Socket
  readonly #limits: LinkLimits
  #queued: unknown[] = []
  #queuedBytes = 0
  #blocked = false
  #closed = false

  constructor(peer: NetIpcPeer, socket: Socket, limits: LinkLimits) {
    this.#peer = peer
    this.#socket = socket
    this.#limits = limits
    this.remoteHost = hostOf(socket)
    peer.maxFrameBytes = limits.unauthenticatedFrameBytes
    socket.setNoDelay(true)
    // A peer killed in the middle of a frame leaves bytes that are never read, and then `end` never comes by itself.
    socket.on('readable', () => {
      if (hasSeenEnd(socket)) this.fail('the other end closed')
    })
    socket.on('end', () => {
      this.fail('the other end closed')
    })
    socket.on('drain', () => {
      if (!this.#blocked) return
      this.#blocked = false
      if (!this.#closed) this.onDrained?.()
    })
  }

  get blocked(): boolean {
    return this.#blocked
  }

  get progress(): number {
    return this.#socket.bytesRead
  }

  trust(): void {
    this.#peer.maxFrameBytes = this.#limits.maxFrameBytes
    this.onTrusted?.()
    this.onTrusted = undefined
  }

  send(message: unknown, approximateBytes = 0): void {
    if (this.#closed) return
    if (this.#queuedBytes + approximateBytes > this.#limits.frameTargetBytes && this.#queued.length > 0)
      this.flush()
    this.#queued.push(message)
    this.#queuedBytes += approximateBytes
  }

  flush(): void {
    if (this.#closed || this.#queued.length === 0) return
    const messages = this.#queued
    this.#queued = []
    this.#queuedBytes = 0
    this.#socket.write(packFrame(this.#peer, messages))
    if (this.#blocked || this.#socket.writableLength <= this.#limits.highWaterBytes) return
    this.#blocked = true
    this.onBlocked?.()
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    // A handler of `onBlocked` may have closed it.
    if (this.#closed) return
    this.#closed = true
    this.#peer.deaf = true
    endSoon(this.#socket, this.#limits.lingerMs)
  }

  /** A frame came in. Called by the owner of the peer. */
  received(frame: unknown): void {
    if (this.#closed) return
    if (Array.isArray(frame)) this.onMessages?.(frame)
    else this.fail('a frame that is no list of messages')
  }

  /** Ends the link because of the other end or the network. Called by the owner of the peer. */
  fail(info: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#peer.deaf = true
    this.#queued = []
    this.#socket.destroy()
    this.onClosed?.(info)
  }
}
