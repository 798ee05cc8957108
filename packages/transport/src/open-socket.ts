/** Opens a socket to another process, plain or with TLS. */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { socketOptionsOf, type DialTarget } from './dial-failure.js'
import { tlsOptionsOf } from './tls.js'

export interface OpeningSocket {
  readonly socket: Socket
  /** From this event on it may be used: with TLS not before the other end has shown its certificate. */
  readonly openEvent: 'connect' | 'secureConnect'
}

export function openSocket(target: DialTarget): OpeningSocket {
  const options = socketOptionsOf(target)
  if (target.tls === undefined) return { socket: connect(options), openEvent: 'connect' }
  const socket = connectTls({
    ...options,
    ...tlsOptionsOf(target.tls),
    // An address is no server name, and Node complains of it.
    ...(isIP(options.host) === 0 ? { servername: options.host } : { servername: '' }),
  })
  return { socket, openEvent: 'secureConnect' }
}
