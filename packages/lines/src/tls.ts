/** TLS as this network uses it: which side shows a certificate, and what is checked about it. */
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'

/** PEM, as text or bytes. */
type Pem = string | Buffer

/** A process of the network: it accepts TLS, and shows its own certificate wherever it connects to. */
export interface TlsIdentity {
  /** Our certificate, followed by those between it and the CA, if there are any. */
  readonly cert: Pem
  readonly key: Pem
  /** The CA that signs the certificates of this network's servers, and no others. */
  readonly ca: Pem
}

/** How to dial with TLS. */
export interface DialTls {
  readonly context: SecureContext
  /** The certificate must name the host that was dialled, and not only be signed by the CA. */
  readonly checksHost: boolean
}

/** The CA of the servers' certificates; undefined: those that this system trusts. */
export interface ClientTls {
  readonly ca?: Pem | undefined
}

/** @throws Error of OpenSSL when this is no certificate, no key, or not the key of the certificate. */
export const contextOf = (identity: TlsIdentity): SecureContext => createSecureContext({ ...identity })

/**
 * Between servers it counts that the network's CA has signed, and not the host: a server is dialled under addresses that
 * others saw (behind a forwarded port, as another machine's `localhost`), which no certificate can name beforehand.
 */
export const asServer = (identity: TlsIdentity): DialTls => ({
  context: contextOf(identity),
  checksHost: false,
})

/** A client knows servers by name only, so the name is what must be right. @throws Error when `ca` is none. */
export function asClient({ ca }: ClientTls): DialTls {
  // OpenSSL takes a text without any certificate for an empty list, and then trusts no CA.
  if (ca !== undefined) void new X509Certificate(ca)
  return { context: createSecureContext(ca === undefined ? {} : { ca }), checksHost: true }
}

/** So long before its end a certificate is worth a word, in milliseconds: two weeks. */
const wornOutMs = 14 * 86_400_000

/** What an administrator should know of a certificate while it can still be replaced; undefined: nothing. */
export function certificateWarning({ cert }: TlsIdentity, unixMs: number): string | undefined {
  const { validTo } = new X509Certificate(cert)
  const leftMs = Date.parse(validTo) - unixMs
  if (leftMs <= 0) return `our certificate has expired (${validTo}): no server and no client will trust it`
  return leftMs < wornOutMs ? `our certificate expires soon (${validTo})` : undefined
}

/** Options for `tls.connect`. */
export function tlsOptionsOf({ context, checksHost }: DialTls): ConnectionOptions {
  return {
    secureContext: context,
    rejectUnauthorized: true,
    ...(checksHost ? {} : { checkServerIdentity: () => undefined }),
  }
}

/** Why a handshake failed, for people; undefined: it was something else. */
export function tlsFailureInfo(code: string, message: string): string | undefined {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for another host${namesIn(message)}`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return 'its certificate is signed by no CA that this side trusts'
    default:
      break
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return `the TLS handshake failed (${reasonIn(message)})`
  if (code.startsWith('CERT_') || code.startsWith('UNABLE_TO_') || code === 'INVALID_PURPOSE')
    return `its certificate is not good (${reasonIn(message)})`
  return undefined
}

/** Enough to see the names in it. */
const mostNameCharacters = 200

/** `… is not in the cert's altnames: DNS:alpha.lan, DNS:beta.lan` */
function namesIn(message: string): string {
  const names = /is not (?:in the cert's (?:altnames|list)|cert's CN): (.+)$/s.exec(message)?.[1]
  return names === undefined ? '' : `: ${names.slice(0, mostNameCharacters)}`
}

/** `error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/…` has it in the middle. */
const reasonIn = (message: string): string => /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message
