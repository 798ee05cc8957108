/**
 * net-ipc 2.2.2 as we need it: its handshake, without what a stranger could abuse. Its frames we read and write ourselves afterwards
 * (`frame.ts`). Measured or read in its source, and handled here:
 * - `_drainQueue` and `_requests` live on the prototype and are shared by all connections of the process; a promise
 *   waits there for every frame sent to a slow peer. So frames are written to the socket directly, and no other of its
 *   packets is answered (a PING would be echoed without any bound).
 * - It has no limit on a frame's length, and reading one raises the socket's own limit to whatever was announced.
 *   `_untag` reads that announcement, so the limit is enforced there, the handshake included.
 * - It unpacks before it looks (`message-pack-guard.ts`), and an unauthenticated peer could switch on compression,
 *   an inflate bomb.
 * - It takes the connection's id from the peer and finds connections by it: ours are in no list and are found by none.
 * - After an error it goes on reading, and a handshake that never comes holds a socket for ever: here both end.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import * as msgpackr from 'msgpackr'
import netIpc from 'net-ipc'
import { longestTagBytes, packets } from './frame.js'
import { checkMessagePack } from './message-pack-guard.js'

/** What becomes of a handshake; told to whoever made the peer. */
export interface PeerEvents {
  /** It is done: from now on the socket is for its new owner to read. */
  onReady(): void
  /** The other end broke the protocol, or its socket broke. May be told more than once. */
  onFailure(error: Error): void
}

/** A handshake is a small JSON object. */
const handshakeBytes = 16_384

const guardedMessagePack = {
  pack: msgpackr.pack,
  unpack(bytes: Uint8Array): unknown {
    checkMessagePack(bytes)
    return msgpackr.unpack(bytes)
  },
}

interface Packet {
  readonly t?: unknown
  readonly d?: unknown
}
type Tag = [number, number] | false

/** What both sides of net-ipc have in common. */
declare class NetIpcSide {
  connection: Socket | null
  _pack(data: { t: number; d: unknown }): Buffer
  _untag(): Tag
  _parse(packet: Packet): void
}
type AcceptedSide = new (socket: Socket, server: object) => NetIpcSide
interface DiallingPart extends NetIpcSide {
  _promise: { resolve(): void; reject(): void } | null
  _ready(): void
}
type DiallingSide = new (options: object) => DiallingPart

/** The class of accepted connections is not exported by the package, only by its file. */
const NetIpcConnection = createRequire(import.meta.url)('net-ipc/src/connection.js') as AcceptedSide
const NetIpcClient = netIpc.Client as unknown as DiallingSide

/** What an accepted connection wants of its server: no list of connections, no events. */
const noServer = { options: { retries: 0 }, connections: [], emit: () => false, _events: {} }

/** The other end of a connection that came in and opened with `IPC`. */
export class AcceptedPeer extends NetIpcConnection {
  readonly #events: PeerEvents
  id = 'accepted'
  #isReady = false

  constructor(socket: Socket, events: PeerEvents) {
    super(socket, noServer)
    this.#events = events
  }

  override _untag(): Tag {
    return this.#isReady ? false : boundedTag(this.connection, super._untag(), this.#events)
  }

  override _parse(packet: Packet): void {
    const answer = acceptableHandshake(packet)
    ;(this as { connectedAt?: number }).connectedAt = Date.now()
    super._parse(answer)
    this.#isReady = true
    loudly(() => {
      this.#events.onReady()
    })
  }

  _onerror(error: Error): void {
    this.#events.onFailure(error)
  }

  _onclose(): void {
    this.#events.onFailure(new Error('the connection is gone'))
  }
}

/** The other end of a connection that we open. */
export class DialledPeer extends NetIpcClient {
  readonly #events: PeerEvents
  #isReady = false

  /** Over an open socket. net-ipc's own `connect` would insist on making it. */
  constructor(socket: Socket, events: PeerEvents) {
    super({ messagepack: true, compress: false, reconnect: false })
    this.#events = events
    this.connection = socket
    this._promise = { resolve: () => undefined, reject: () => undefined }
    socket.setKeepAlive(true)
    socket.on('error', (error) => {
      this._onerror(error)
    })
    socket.on('close', () => {
      this._onclose()
    })
    this._ready()
  }

  override _untag(): Tag {
    return this.#isReady ? false : boundedTag(this.connection, super._untag(), this.#events)
  }

  override _parse(packet: Packet): void {
    super._parse(acceptableHandshake(packet))
    this.#isReady = true
    loudly(() => {
      this.#events.onReady()
    })
  }

  _onerror(error: Error): void {
    this.#events.onFailure(error)
  }

  _onclose(): void {
    this.#events.onFailure(new Error('the connection is gone'))
  }
}

for (const { prototype } of [AcceptedPeer, DialledPeer])
  Object.assign(prototype, { _zlib: null, _msgpack: guardedMessagePack })

/** What is to be read of a handshake: no more than one can have. */
function boundedTag(socket: Socket | null, tag: Tag, events: PeerEvents): Tag {
  if (socket === null) return false
  const isEndless = tag === false ? socket.readableLength > longestTagBytes : tag[0] > longestTagBytes
  if (!isEndless && (tag === false || tag[1] <= handshakeBytes)) return tag
  socket.removeAllListeners('readable')
  events.onFailure(
    new Error(isEndless ? 'not a net-ipc frame' : `a frame longer than ${handshakeBytes} bytes`),
  )
  return false
}

/**
 * The handshake that net-ipc's own code is shown: only what we agree to.
 * @throws what net-ipc reports to `_onerror`.
 */
function acceptableHandshake(packet: Packet): Packet {
  const offer = packet.d as { messagepack?: unknown } | null | undefined
  if (packet.t !== packets.handshake || offer?.messagepack !== true)
    throw new Error('no net-ipc handshake with MessagePack')
  return { t: packets.handshake, d: { id: 'dialled', messagepack: true, compress: false } }
}

/** net-ipc would take what a handler throws for a fault of the peer; a defect of ours must end the process loudly. */
function loudly(handler: () => void): void {
  try {
    handler()
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}
