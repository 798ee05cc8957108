/**
 * net-ipc 2.2.2 as we need it, with what was measured about it kept in one place:
 * - `_drainQueue` and `_requests` live on the prototype and are shared by all connections of the process, so frames
 *   are packed with its own `_pack` and written to the socket directly: no promise per frame, no shared queue;
 * - it has no limit on a frame's length, and reading a frame raises the socket's own limit to whatever was announced;
 *   `_untag` reads that announcement, so that is where the limit is enforced;
 * - an unauthenticated peer could switch on compression (an inflate bomb): `_zlib` is cleared on both prototypes;
 * - it takes the connection's id from the peer: ours is put back as soon as it is connected, and never used.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import netIpc from 'net-ipc'

/** The private parts that we use. */
export interface NetIpcPeer {
  connection: Socket | null
  id: unknown
  _pack(data: { t: number; d: unknown }): Buffer
  _untag(): [number, number] | false
}

/** net-ipc's number for an ordinary message. */
const messageType = 1
/** A length takes at most this many bytes; more without an end is no length. */
const longestTagBytes = 8

export const { Client: NetIpcClient, Server: NetIpcServer } = netIpc

/** The class of accepted connections is not exported by the package, only by its file. */
const NetIpcConnection = createRequire(import.meta.url)('net-ipc/src/connection.js') as { prototype: object }

for (const { prototype } of [NetIpcClient, NetIpcConnection]) (prototype as { _zlib?: unknown })._zlib = null

export function packFrame(peer: NetIpcPeer, messages: readonly unknown[]): Buffer {
  return peer._pack({ t: messageType, d: messages })
}

/** Calls `onTooLong` instead of reading a frame longer than the limit. */
export function limitFrames(peer: NetIpcPeer, maxFrameBytes: number, onTooLong: () => void): void {
  const untag = peer._untag.bind(peer)
  peer._untag = () => {
    const tag = untag()
    const endless = tag === false && (peer.connection?.readableLength ?? 0) > longestTagBytes
    if (!endless && (tag === false || tag[1] <= maxFrameBytes)) return tag
    onTooLong()
    return false
  }
}
