/** `/healthz` for everybody; `/status` and `/metrics` for programs of this machine, or for who brings the token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { isLoopbackHost, visibleLines, type ServerStatus } from '@jwp/protocol'
import { SharedAnswer } from '@jwp/transport'
import type { Metrics } from './metrics.js'

export interface HttpDeskOptions {
  readonly status: () => ServerStatus
  /** Its library is loaded after the start, which it would slow down. */
  readonly metrics: () => Metrics
  readonly token: string | undefined
  /** Names and addresses under which the server may be asked without the token, besides those of this machine. */
  readonly ownHosts: () => readonly (string | undefined)[]
}

/** With one of these, somebody else has asked whoever asks us. */
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

export class HttpDesk {
  readonly #options: HttpDeskOptions
  readonly #status: SharedAnswer<ServerStatus>
  readonly #statusText: SharedAnswer<string>
  readonly #metrics: SharedAnswer<Promise<{ text: string; contentType: string }>>

  constructor(options: HttpDeskOptions) {
    this.#options = options
    this.#status = new SharedAnswer(options.status)
    // Read by programs, and by people who ask with curl.
    this.#statusText = new SharedAnswer(() =>
      visibleLines(`${JSON.stringify(withoutSecrets(options.status()), null, 2)}\n`),
    )
    this.#metrics = new SharedAnswer(async () => {
      const metrics = options.metrics()
      return { text: await metrics.text(), contentType: metrics.contentType }
    })
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    response.setHeader('x-content-type-options', 'nosniff')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return say(response, 405, 'only GET is answered here\n')
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') return this.#health(response)
    if (path !== '/status' && path !== '/metrics')
      return say(response, 404, 'try /healthz, /status or /metrics\n')
    const whyNot = this.#whyNot(request)
    if (whyNot !== undefined) return say(response, 403, `${whyNot}\n`)
    if (path === '/status') return say(response, 200, this.#statusText.get(), 'application/json')
    this.#metrics.get().then(
      ({ text, contentType }) => {
        say(response, 200, text, contentType)
      },
      // No descriptor is free, or the program's files are gone: who asks must not end the server.
      () => {
        say(response, 503, 'the library of the metrics cannot be loaded now\n')
      },
    )
  }

  /** Healthy: in a tree, and not about to go. */
  #health(response: ServerResponse): void {
    const { role, leaving } = this.#status.get()
    if (leaving) say(response, 503, 'leaving\n')
    else if (role === 'orphan') say(response, 503, 'looking for a parent\n')
    else say(response, 200, 'ok\n')
  }

  /** Undefined: it may ask. */
  #whyNot(request: IncomingMessage): string | undefined {
    const { token } = this.#options
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const bring = "needs the server's --http-token as a bearer token"
    if (token !== undefined && given !== undefined)
      return sameText(given, token) ? undefined : `this is not the token; asking from elsewhere ${bring}`
    if (!isLoopbackHost(request.socket.remoteAddress ?? '')) return `from another machine this ${bring}`
    // A page in a browser of this machine may ask under a name that its owner lets point here.
    if (!this.#isOwnName(request.headers.host))
      return `under a name that is not the server's own this ${bring}`
    if (forwardingHeaders.some((name) => request.headers[name] !== undefined))
      return `through a proxy this ${bring}`
    return undefined
  }

  /** HTTP/1.0 names no host; browsers do not speak it. */
  #isOwnName(given: string | undefined): boolean {
    if (given === undefined) return true
    const host = hostWithoutPort(given)
    // A name may begin like an address.
    const isThisMachine = host === 'localhost' || (isIP(host) !== 0 && isLoopbackHost(host))
    return isThisMachine || this.#options.ownHosts().some((own) => own?.toLowerCase() === host)
  }
}

function hostWithoutPort(text: string): string {
  return text
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
}

function say(response: ServerResponse, code: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': type })
  response.end(text)
}

/** What strangers may see: where servers are, never what they accept. */
export function withoutSecrets(status: ServerStatus): object {
  return JSON.parse(
    JSON.stringify(status, (key, value: unknown) => (key === 'secret' ? undefined : value)),
  ) as object
}

/** Hashes first, so that neither length nor content shows in the time taken. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
