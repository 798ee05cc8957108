/** Restricts HTTP paths to programs of this machine, and to requests with the token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopbackHost } from '@jwp/protocol'

export interface HttpAccessOptions {
  /** Undefined: no request from elsewhere is answered. */
  readonly token: string | undefined
  /** Names and addresses under which we may be asked without the token, besides those of this machine. */
  readonly ownHosts: () => readonly (string | undefined)[]
}

/** With one of these headers, another host has asked the one that asks us. */
const forwardingHeaders = [
  ...[
    'forwarded',
    'via',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'x-original-host',
  ],
  ...['for', 'host', 'proto', 'port', 'server', 'by', 'prefix'].map((what) => `x-forwarded-${what}`),
]

const bringToken = "needs the server's --http-token as a bearer token"

/** Why a request is refused, for people; undefined: it may ask. */
export function whyNoAccess(request: IncomingMessage, options: HttpAccessOptions): string | undefined {
  const { token } = options
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (token !== undefined && given !== undefined)
    return isSameText(given, token) ? undefined : `this is not the token; asking from elsewhere ${bringToken}`
  if (!isLoopbackHost(request.socket.remoteAddress ?? '')) return `from another machine this ${bringToken}`
  // A page in a browser of this machine may ask under a name that its owner lets point here.
  if (!isOwnName(request.headers.host, options.ownHosts()))
    return `under a name that is not the server's own this ${bringToken}`
  if (forwardingHeaders.some((name) => request.headers[name] !== undefined))
    return `through a proxy this ${bringToken}`
  return undefined
}

/** HTTP/1.0 names no host; browsers do not speak it. */
function isOwnName(given: string | undefined, ownHosts: readonly (string | undefined)[]): boolean {
  if (given === undefined) return true
  const host = hostWithoutPort(given)
  // A name may begin like an address.
  const isThisMachine = host === 'localhost' || (isIP(host) !== 0 && isLoopbackHost(host))
  return isThisMachine || ownHosts.some((own) => own?.toLowerCase() === host)
}

function hostWithoutPort(text: string): string {
  return text
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
}

/** Hashes first, so that neither length nor content shows in the time taken. */
function isSameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
