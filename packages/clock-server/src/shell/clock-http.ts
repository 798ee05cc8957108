/** What a clock tells over HTTP: `/healthz`, `/status` and `/metrics`, none of which holds a secret. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClockMetrics } from './clock-metrics.js'

export interface ClockHttpOptions {
  readonly status: () => object
  /** Made when somebody asks for the first time: its library would slow down every start. */
  readonly metrics: () => Promise<ClockMetrics>
}

export class ClockHttp {
  readonly #options: ClockHttpOptions
  #metrics: Promise<ClockMetrics> | undefined

  constructor(options: ClockHttpOptions) {
    this.#options = options
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') return say(response, 200, 'ok\n')
    if (path === '/status') {
      const text = JSON.stringify(this.#options.status(), null, 2)
      return say(response, 200, `${text}\n`, 'application/json')
    }
    if (path !== '/metrics') return say(response, 404, 'try /healthz, /status or /metrics\n')
    this.#metrics ??= this.#options.metrics()
    void this.#metrics.then(async (metrics) => {
      say(response, 200, await metrics.text(), metrics.contentType)
    })
  }
}

function say(response: ServerResponse, code: number, text: string, type = 'text/plain'): void {
  response.writeHead(code, { 'content-type': type }).end(text)
}
