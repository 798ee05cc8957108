/** Opens a socket to another process, plain or with TLS. */
import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { DialTarget } from './dial-failure.js'
import { lookupQuickly } from './lookup-quickly.js'
import { raceAddresses } from './race-addresses.js'
import { tlsOptionsOf } from './tls.js'

export interface SocketOutcome {
  /** The other machine has taken the connection. */
  onConnected?(): void
  /** It may be used: with TLS not before the other end has shown its certificate. */
  onOpen(socket: Socket): void
  /** Undefined: the other end has closed it. */
  onFailure(error: Error | undefined): void
}

/** Neither outcome is called after `cancel`, nor before this function has returned. */
export function openSocket(target: DialTarget, outcome: SocketOutcome): { cancel(): void } {
  const { port, from, tls } = target
  const host = target.host.replace(/^\[(.*)\]$/, '$1')
  const local = from === undefined ? {} : { localAddress: from }
  let isOver = false
  let cancel = (): void => undefined

  const fail = (error: Error | undefined): void => {
    if (isOver) return
    isOver = true
    cancel()
    outcome.onFailure(error)
  }
  const open = (socket: Socket): void => {
    if (isOver) return
    isOver = true
    outcome.onOpen(socket)
  }
  const secure = (socket: Socket): void => {
    const secured = connectTls({
      socket,
      host,
      ...tlsOptionsOf(tls!),
      // An address is no server name, and Node complains of it.
      servername: isIP(host) === 0 ? host : '',
    })
    cancel = () => secured.destroy()
    secured.on('error', fail)
    const ended = (): void => {
      fail(undefined)
    }
    secured.once('end', ended)
    secured.once('secureConnect', () => {
      secured.off('error', fail)
      secured.off('end', ended)
      open(secured)
    })
  }
  lookupQuickly(host, from === undefined ? 0 : isIP(from), (error, addresses) => {
    if (isOver) return
    if (error !== null || addresses.length === 0) {
      fail(error ?? Object.assign(new Error(`no address of ${host} can be used`), { code: 'EADDRNOTAVAIL' }))
      return
    }
    const race = raceAddresses(
      addresses,
      { port, noDelay: true, ...local },
      (socket) => {
        outcome.onConnected?.()
        // The listener may have given up.
        if (isOver) socket.destroy()
        else if (tls === undefined) open(socket)
        else secure(socket)
      },
      fail,
    )
    cancel = () => {
      race.cancel()
    }
  })
  return {
    cancel: () => {
      if (isOver) return
      isOver = true
      cancel()
    },
  }
}
