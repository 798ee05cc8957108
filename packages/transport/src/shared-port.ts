/** One TCP port for three protocols: looks at a connection's first bytes, puts them back, and hands it over. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { LineConnection, hostOf, nameOf, type TlsIdentity, TurnShare } from '@jwp/lines'
import { firstByteTimeoutMs } from '@jwp/protocol'
import { acceptLink } from './accept-link.js'
import { Admission, type AdmissionLimits } from './admission.js'
import { awaitFirstBytes } from './await-first-bytes.js'
import { dialectOf, isTls, isTlsForSure, isWholeTlsRecord, type Dialect } from './first-bytes.js'
import { FullPools } from './full-pools.js'
import { HttpGate } from './http-gate.js'
import type { Link, LinkLimits } from './link.js'
import { defaultLinkLimits } from './net-link.js'
import { noTlsHere, refuseSocket, type Refusal } from './refuse-socket.js'
import {
  flawOfPeer,
  TlsHandshakes,
  type HandshakeLimits,
  type TlsHandshakeHandlers,
} from './tls-handshakes.js'

export interface SharedPortHandlers {
  /** A process of the network has connected. Set the link's handlers before returning. */
  onLink(link: Link): void
  /** A client has connected. Set the connection's handlers before returning. */
  onLines(connection: LineConnection): void
  /**
   * A process has connected that may not be one of ours: it shows no certificate of the network, or speaks no TLS. Tell it
   * in words that it understands; the link is closed afterwards.
   */
  onRefusedLink?(link: Link, info: string): void
  /** A pool is full, and a connection was refused: words for the log, once a minute at most for each pool. */
  onFull?(info: string): void
  /** Given to Node's HTTP server. */
  onHttp: NonNullable<Parameters<typeof createHttpServer>[1]>
}

export interface SharedPortOptions {
  /** Address to listen on; all by default. */
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  /** A connection that says nothing for so long is closed, in milliseconds. Raise: idle peers hold sockets longer. */
  readonly firstByteTimeoutMs?: number
  readonly maxLineBytes?: number
  readonly linkLimits?: LinkLimits
  /** Undefined: no limit but the system's. */
  readonly admission?: AdmissionLimits | undefined
  /** With it nothing but TLS is spoken, and links must show a certificate of its CA. Undefined: nothing but plain. */
  readonly tls?: TlsIdentity | undefined
  /** Of TLS handshakes; the usual ones by default. */
  readonly handshakes?: HandshakeLimits | undefined
}

/** A request that trickles in holds its socket no longer than this, in milliseconds. */
const httpTimeouts = {
  keepAliveTimeout: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
}

/**
 * Connections that are not admitted, and hear why or may yet turn out to be links: so many at most, and an eighth of the files
 * that are kept for links. Further ones are closed without a word, or the oldest are for those that may be links.
 */
const mostInLobby = 64
/** They have to say something within this time, and to take our answer in, in milliseconds. */
const turnAwayWithinMs = 1_000

/** The client library takes `not decided` for what it is: no judgement on the client. */
const busy = (info: string): Refusal => ({
  command: 'LOGIN_FAILED',
  status: '503 Service Unavailable',
  info: `not decided: ${info}`,
})

const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  // A peer that vanished without a word (a pulled cable) would hold its socket for ever: after a minute of silence
  // the system asks.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

export class SharedPort {
  readonly #server: Server
  readonly #http: HttpServer
  readonly #handlers: SharedPortHandlers
  readonly #options: SharedPortOptions
  readonly #sockets = new Set<Socket>()
  /** Connections whose protocol is not known yet. */
  readonly #undecided = new Set<Socket>()
  readonly #admission: Admission | undefined
  /**
   * Connections that were refused and are about to learn why, or links that are not authenticated yet. The oldest is
   * first.
   */
  readonly #lobby = new Set<Socket>()
  readonly #lobbyPlaces: number
  /**
   * Connections that were refused as clients, by `nameOf`, and why: links and health checks come through the lobby.
   */
  readonly #noClients = new Map<string, string>()
  /** Links that have proved that they are ours, by `nameOf`. */
  readonly #proved = new Set<string>()
  readonly #fullPools = new FullPools()
  /** Clients and HTTP are read in these; links are not. */
  readonly #turns = new TurnShare()
  /** Undefined: TLS is not spoken. */
  readonly #tls: TlsHandshakes | undefined

  private constructor(options: SharedPortOptions, handlers: SharedPortHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#admission = options.admission && new Admission(options.admission)
    const reserve = options.admission?.unauthenticated?.reserve
    this.#lobbyPlaces = Math.max(2, Math.min(mostInLobby, Math.floor((reserve ?? Infinity) / 8)))
    this.#http = createHttpServer(httpTimeouts, (request, response) => {
      ;(request.socket as unknown as HttpGate).begins(request, response)
      handlers.onHttp(request, response)
    })
    // It never listens itself, and only this makes it enforce its timeouts.
    this.#http.emit('listening')
    if (options.tls !== undefined) {
      const handshakes: TlsHandshakeHandlers = {
        onSecure: (socket) => {
          this.#awaitDialect(socket, (dialect) => {
            this.#handOver(socket, dialect, dialect === 'net-ipc' ? flawOfPeer(socket) : undefined)
          })
        },
        onFull: (pool) => {
          this.#reportFull(pool)
        },
      }
      this.#tls = new TlsHandshakes(options.tls, handshakes, options.handshakes)
    }
    this.#server = createServer(socketOptions, (socket) => {
      this.#meet(socket)
    })
  }

  /**
   * @throws with the code EADDRINUSE, EACCES or EADDRNOTAVAIL when the port cannot be had.
   */
  static async listen(options: SharedPortOptions, handlers: SharedPortHandlers): Promise<SharedPort> {
    const shared = new SharedPort(options, handlers)
    const server = shared.#server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(
        { port: options.port, ...(options.host === undefined ? {} : { host: options.host }) },
        () => {
          server.off('error', reject)
          resolve()
        },
      )
    })
    // Later errors (too many open files) concern single connections, not the port.
    server.on('error', () => undefined)
    return shared
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connectionCount(): number {
    return this.#sockets.size
  }

  /** Stops listening; open connections live on. */
  stopListening(): void {
    this.#server.close()
  }

  /** Stops listening and ends every connection. */
  close(): void {
    this.#server.close()
    this.#http.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Stops listening and gives the connections this long to say their last words, in milliseconds. */
  async drain(limitMs: number): Promise<void> {
    this.#server.close()
    this.#http.closeIdleConnections()
    for (const socket of this.#undecided) socket.destroy()
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs)
        for (const socket of this.#sockets) {
          socket.once('close', () => {
            if (this.#sockets.size > 0) return
            clearTimeout(timer)
            resolve()
          })
        }
      })
    }
    this.close()
  }

  /** Every connection begins here, which is the place to count them. */
  #meet(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
    })
    const admission = this.#admission
    if (admission === undefined) return this.#begin(socket)
    const host = hostOf(socket)
    // A socket that is closed has no name any more.
    const name = nameOf(socket)
    const verdict = admission.opened(host, performance.now())
    socket.once('close', () => {
      this.#noClients.delete(name)
      admission.closed(host, performance.now(), this.#proved.delete(name))
    })
    if (verdict.ok) {
      if (verdict.waitMs === 0) this.#begin(socket)
      else this.#beginLater(socket, verdict.waitMs)
      return
    }
    this.#reportFull(verdict.pool)
    if (verdict.mayBeLink === true) this.#mayBeLink(socket, verdict.info)
    else this.#turnAway(socket, verdict.info)
  }

  #reportFull(pool: string): void {
    const words = this.#fullPools.turnedAway(pool, performance.now())
    if (words !== undefined) this.#handlers.onFull?.(words)
  }

  /** A link is let in, and so is HTTP: how we are is asked most when we are full. Both speak at once, so the oldest goes if there are too many. */
  #mayBeLink(socket: Socket, info: string): void {
    const [oldest] = this.#lobby
    if (this.#lobby.size >= this.#lobbyPlaces) this.#leaveLobby(oldest!).destroy()
    this.#noClients.set(nameOf(socket), info)
    this.#enterLobby(socket)
    this.#begin(socket)
  }

  #enterLobby(socket: Socket): void {
    this.#lobby.add(socket)
    socket.once('close', () => {
      this.#lobby.delete(socket)
    })
  }

  #leaveLobby(socket: Socket): Socket {
    this.#lobby.delete(socket)
    return socket
  }

  /** A client that connects too fast is not read before its turn, and so slows down by itself. */
  #beginLater(socket: Socket, waitMs: number): void {
    socket.on('error', () => undefined)
    const timer = setTimeout(() => {
      this.#begin(socket)
    }, waitMs)
    socket.once('close', () => {
      clearTimeout(timer)
    })
  }

  /**
   * With a reason, if the peer speaks at once, without TLS, and few others are being refused: answering must not cost
   * what the limit saves.
   */
  #turnAway(socket: Socket, info: string): void {
    if (this.#tls !== undefined || this.#lobby.size >= this.#lobbyPlaces) {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    this.#enterLobby(socket)
    const timer = setTimeout(() => socket.destroy(), turnAwayWithinMs)
    socket.once('close', () => {
      clearTimeout(timer)
    })
    this.#awaitDialect(socket, (dialect) => {
      // A server would take words for a final no.
      if (dialect === 'net-ipc') socket.destroy()
      else refuseSocket(socket, dialect, busy(info))
    })
  }

  #begin(socket: Socket): void {
    const tls = this.#tls
    if (tls === undefined) this.#meetPlain(socket)
    else {
      this.#awaitFirstBytes(
        socket,
        (first) => {
          if (isTls(first) === false) return dialectOf(first)
          return isWholeTlsRecord(first) ? 'tls' : undefined
        },
        (told) => {
          if (told === 'tls') tls.take(socket)
          else this.#refuse(socket, told, 'this server speaks TLS only: connect with TLS')
        },
      )
    }
  }

  #meetPlain(socket: Socket): void {
    this.#awaitFirstBytes(
      socket,
      (first) => {
        const dialect = dialectOf(first)
        if (dialect !== 'write-utf' || isTls(first) === false) return dialect
        // As a message it would be a long one, so more of it is on its way.
        return isTlsForSure(first) ? 'tls' : first.length < 3 ? undefined : dialect
      },
      (told) => {
        if (told === 'tls') noTlsHere(socket)
        else this.#handOver(socket, told, undefined)
      },
    )
  }

  #awaitDialect(socket: Socket, onTold: (dialect: Dialect) => void): void {
    this.#awaitFirstBytes(socket, dialectOf, onTold)
  }

  #awaitFirstBytes<Told extends string>(
    socket: Socket,
    tell: (first: Buffer) => Told | Dialect | undefined,
    onTold: (told: Told | Dialect) => void,
  ): void {
    this.#undecided.add(socket)
    const timer = setTimeout(() => socket.destroy(), this.#options.firstByteTimeoutMs ?? firstByteTimeoutMs)
    const decided = (): void => {
      this.#undecided.delete(socket)
      clearTimeout(timer)
    }
    socket.once('close', decided)
    // Until the socket has an owner, its errors are ignored.
    socket.on('error', () => undefined)
    awaitFirstBytes(socket, tell, (told) => {
      socket.off('close', decided)
      decided()
      onTold(told)
    })
  }

  /** @param flaw why the peer may not be a process of the network; undefined: it may be */
  #handOver(socket: Socket, dialect: Dialect, flaw: string | undefined): void {
    if (flaw !== undefined) return this.#refuse(socket, dialect, flaw)
    const name = nameOf(socket)
    const host = hostOf(socket)
    const noClients = this.#noClients.get(name)
    const isClient = dialect === 'lines' || dialect === 'write-utf'
    if (noClients !== undefined && isClient) return refuseSocket(socket, dialect, busy(noClients))
    switch (dialect) {
      case 'net-ipc':
        acceptLink(
          socket,
          this.#options.linkLimits ?? defaultLinkLimits,
          (link) => {
            this.#handlers.onLink(link)
          },
          () => {
            this.#tls?.proved(host)
            this.#linkProved(name)
          },
        )
        return
      case 'http':
        this.#http.emit('connection', new HttpGate(socket, this.#turns))
        socket.resume()
        return
      case 'lines':
      case 'write-utf': {
        const verdict = this.#admission?.clientCame() ?? { ok: true }
        if (!verdict.ok) {
          this.#reportFull(verdict.pool)
          return refuseSocket(socket, dialect, busy(verdict.info))
        }
        socket.once('close', () => {
          this.#admission?.clientLeft()
        })
        const { maxLineBytes } = this.#options
        const connection = new LineConnection(socket, {
          dialect,
          turns: this.#turns,
          ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
        })
        this.#handlers.onLines(connection)
        socket.resume()
      }
    }
  }

  /** An authenticated link is not counted as unauthenticated, and is not pushed out by others. */
  #linkProved(name: string): void {
    this.#noClients.delete(name)
    for (const socket of this.#lobby) if (nameOf(socket) === name) this.#lobby.delete(socket)
    if (this.#admission === undefined || this.#proved.has(name)) return
    this.#proved.add(name)
    this.#admission.proved()
  }

  #refuse(socket: Socket, dialect: Dialect, info: string): void {
    if (dialect !== 'net-ipc')
      return refuseSocket(socket, dialect, { command: 'INVALID_MESSAGE', status: '400 Bad Request', info })
    acceptLink(socket, this.#options.linkLimits ?? defaultLinkLimits, (link) => {
      this.#handlers.onRefusedLink?.(link, info)
      link.close()
    })
  }
}
