/** A link over net-ipc: one frame per flush, closed sockets noticed at once, memory bounded in both directions. */
import type { Socket } from 'node:net'
import { maxFrameBytes } from '@jwp/protocol'
import type { Link, LinkLimits } from './link.js'
import { limitFrames, packFrame, type NetIpcPeer } from './net-ipc-peer.js'

export const defaultLinkLimits: LinkLimits = {
  maxFrameBytes,
  frameTargetBytes: maxFrameBytes / 8,
  highWaterBytes: 4_194_304,
}

/** A peer that does not read our last words gets this long before the socket is destroyed. */
const lingerMs = 1_000

export class NetLink implements Link {
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
  readonly remoteHost: string
  readonly #peer: NetIpcPeer
  readonly #socket: Socket
  readonly #limits: LinkLimits
  #queued: unknown[] = []
  #queuedBytes = 0
  #blocked = false
  #closed = false
  /** Frames that came before anybody listened. */
  #early: unknown[] = []

  constructor(peer: NetIpcPeer, socket: Socket, limits: LinkLimits) {
    this.#peer = peer
    this.#socket = socket
    this.#limits = limits
    this.remoteHost = socket.remoteAddress ?? ''
    socket.setNoDelay(true)
    limitFrames(peer, limits.maxFrameBytes, () => {
      this.fail(`a frame longer than ${limits.maxFrameBytes} bytes`)
    })
    // A peer killed in the middle of a frame leaves bytes that nobody reads, and then `end` never comes by itself.
    socket.on('readable', () => {
      if (hasSeenEnd(socket)) this.fail('the other end closed')
    })
    socket.on('end', () => {
      this.fail('the other end closed')
    })
    socket.on('error', (error) => {
      this.fail(error.message)
    })
    socket.on('close', () => {
      this.fail('the connection is gone')
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
    if (this.#socket.writableLength <= this.#limits.highWaterBytes || this.#blocked) return
    this.#blocked = true
    this.onBlocked?.()
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    const socket = this.#socket
    socket.end()
    const linger = setTimeout(() => socket.destroy(), lingerMs)
    linger.unref()
    socket.once('close', () => {
      clearTimeout(linger)
    })
  }

  /** A frame came in. Called by whoever owns the net-ipc object. */
  received(frame: unknown): void {
    if (this.#closed) return
    if (!Array.isArray(frame)) {
      this.fail('a frame that is no list of messages')
      return
    }
    if (this.onMessages === undefined) {
      this.#early.push(frame)
      return
    }
    // net-ipc would swallow what a handler throws, and a defect of ours would look like a broken peer.
    try {
      this.onMessages(frame)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }

  /** Hands over what came before `onMessages` was set. */
  deliverEarly(): void {
    const early = this.#early
    this.#early = []
    for (const frame of early) this.received(frame)
  }

  fail(info: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#queued = []
    this.#socket.destroy()
    this.onClosed?.(info)
  }
}

/** The end has come, whether or not all bytes before it were read. Node tells the second only with its private state. */
export function hasSeenEnd(socket: Socket): boolean {
  return (socket as unknown as { _readableState?: { ended?: boolean } })._readableState?.ended === true
}
