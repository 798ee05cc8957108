/** `/healthz` for everybody; `/status` and `/metrics` for this machine, or for who brings the token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLoopbackHost, type ServerStatus } from '@jwp/protocol'
import type { Metrics } from './metrics.js'

export interface HttpDeskOptions {
  readonly status: () => ServerStatus
  /** Made when somebody asks for the first time: its library would slow down every start. */
  readonly metrics: () => Promise<Metrics>
  readonly token: string | undefined
}

export class HttpDesk {
  readonly #options: HttpDeskOptions

  constructor(options: HttpDeskOptions) {
    this.#options = options
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
    if (!this.#mayAsk(request))
      return say(
        response,
        403,
        "from another machine this needs the server's --http-token as a bearer token\n",
      )
    if (path === '/status')
      return say(
        response,
        200,
        `${JSON.stringify(withoutSecrets(this.#options.status()), null, 2)}\n`,
        'application/json',
      )
    void this.#options.metrics().then(async (metrics) => {
      say(response, 200, await metrics.text(), metrics.contentType)
    })
  }

  /** Healthy: in a tree, and not about to go. */
  #health(response: ServerResponse): void {
    const { role, leaving } = this.#options.status()
    if (leaving) say(response, 503, 'leaving\n')
    else if (role === 'orphan') say(response, 503, 'looking for a parent\n')
    else say(response, 200, 'ok\n')
  }

  #mayAsk(request: IncomingMessage): boolean {
    const { token } = this.#options
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token !== undefined && given !== undefined) return sameText(given, token)
    return isLoopbackHost(request.socket.remoteAddress ?? '')
  }
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
