/** The TLS side of the shared port: handshakes, so many at once and no longer than they may take. */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { TlsIdentity } from './tls.js'

/** From our first answer to the end of the handshake, in milliseconds. */
const handshakeLimitMs = 5_000
/**
 * Handshakes under way. Each costs the processor a millisecond or two, so that more would only make all of them late;
 * who comes meanwhile waits, with its first bytes unread.
 */
const mostHandshakes = 256

export class TlsDesk {
  readonly #server: Server
  #underWay = 0
  readonly #waiting = new Set<Socket>()

  /** @param onSecure gets every connection whose handshake is done. Whether it has shown a good certificate is `flawOfPeer`'s to say. */
  constructor(identity: TlsIdentity, onSecure: (socket: TLSSocket) => void) {
    this.#server = createServer(
      {
        ...identity,
        // Clients need no certificate, so what was shown is judged when it is known who needs one.
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: handshakeLimitMs,
        // In TLS 1.3 Node takes whoever resumes a session for authorized, even if no certificate was ever shown.
        secureOptions: constants.SSL_OP_NO_TICKET,
      },
      (socket) => {
        this.#ended()
        onSecure(socket)
      },
    )
    this.#server.on('tlsClientError', (_error, socket) => {
      socket.destroy()
      this.#ended()
    })
  }

  /** A socket whose first bytes, put back, are those of a TLS handshake. */
  take(socket: Socket): void {
    if (this.#underWay < mostHandshakes) return this.#begin(socket)
    this.#waiting.add(socket)
    socket.once('close', () => {
      this.#waiting.delete(socket)
    })
  }

  #begin(socket: Socket): void {
    this.#underWay++
    this.#server.emit('connection', socket)
  }

  /** Of each that has begun, the server tells one of two things, once. */
  #ended(): void {
    this.#underWay--
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      if (next.destroyed) continue
      return this.#begin(next)
    }
  }
}

/** Undefined: it has proved to belong to this network. Else what is missing, in words. */
export function flawOfPeer(socket: TLSSocket): string | undefined {
  const hasShownNone = Object.keys(socket.getPeerCertificate()).length === 0
  if (hasShownNone) return 'a certificate of this network is needed (--tls-cert, --tls-key)'
  if (socket.authorized) return undefined
  // Node calls it an Error and gives its code.
  switch (String(socket.authorizationError)) {
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'your certificate is not signed by the CA of this network'
    case 'CERT_HAS_EXPIRED':
      return 'your certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'your certificate is not valid yet'
    default:
      return `your certificate is not good (${String(socket.authorizationError)})`
  }
}
