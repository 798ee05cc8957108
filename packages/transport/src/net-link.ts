/** A link over net-ipc: one frame per flush, closed sockets noticed at once, memory bounded in both directions. */
import type { Socket } from 'node:net'
import { endSoon, hostOf } from '@jwp/lines'
import { maxFrameBytes } from '@jwp/protocol'
import { packFrame, unpackFrame } from './frame.js'
import { FrameSplitter } from './frame-splitter.js'
import type { Link, LinkLimits } from './link.js'
import { MalformedFrame } from './message-pack-guard.js'

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
  readonly #socket: Socket
  readonly #limits: LinkLimits
  readonly #splitter: FrameSplitter
  #queued: unknown[] = []
  #queuedBytes = 0
  #blocked = false
  #closed = false

  /** @param socket whose handshake is done; it is ours to read from now on */
  constructor(socket: Socket, limits: LinkLimits) {
    this.#socket = socket
    this.#limits = limits
    this.#splitter = new FrameSplitter(limits.unauthenticatedFrameBytes)
    this.remoteHost = hostOf(socket)
    socket.setNoDelay(true)
    socket.removeAllListeners('readable')
    socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) this.#read(chunk)
    })
    socket.on('end', () => {
      this.fail('the other end closed')
    })
    socket.on('drain', () => {
      if (!this.#blocked) return
      this.#blocked = false
      if (!this.#closed) this.onDrained?.()
    })
    socket.resume()
  }

  get blocked(): boolean {
    return this.#blocked
  }

  get progress(): number {
    return this.#socket.bytesRead
  }

  trust(): void {
    this.#splitter.maxFrameBytes = this.#limits.maxFrameBytes
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
    this.#socket.write(packFrame(messages))
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
    endSoon(this.#socket, this.#limits.lingerMs)
  }

  /** Ends the link because of the other end or the network. Called by the owner of the socket. */
  fail(info: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#queued = []
    this.#socket.destroy()
    this.onClosed?.(info)
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#splitter.push(chunk)) {
      const messages = this.#messagesIn(frame)
      if (messages !== undefined) this.onMessages?.(messages)
      // A handler may have closed it.
      if (this.#closed) return
    }
    if (this.#splitter.flaw !== undefined) this.fail(this.#splitter.flaw)
  }

  #messagesIn(frame: Uint8Array): readonly unknown[] | undefined {
    try {
      return unpackFrame(frame)
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error
      this.fail(error.message)
      return undefined
    }
  }
}
