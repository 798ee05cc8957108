/** What a clock tells over HTTP: `/healthz`, `/status` and `/metrics`, none of which holds a secret. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { visibleLines, visibleText } from '@jwp/protocol'
import { SharedAnswer } from '@jwp/transport'
import type { LeadershipState } from './clock-engine.js'
import type { ClockMetrics } from './clock-metrics.js'

export interface ClockHttpOptions {
  readonly status: () => object
  /** Made when somebody asks for the first time: its library would slow down every start. */
  readonly metrics: () => ClockMetrics
  /** Of several clocks. Undefined: this is the only one. */
  readonly leadership: () => LeadershipState | undefined
}

export class ClockHttp {
  readonly #options: ClockHttpOptions
  readonly #statusText: SharedAnswer<string>
  readonly #metrics: SharedAnswer<Promise<{ text: string; contentType: string }>>
  #made: ClockMetrics | undefined

  constructor(options: ClockHttpOptions) {
    this.#options = options
    // Read by programs, and by people who ask with curl.
    this.#statusText = new SharedAnswer(() => visibleLines(`${JSON.stringify(options.status(), null, 2)}\n`))
    this.#metrics = new SharedAnswer(async () => {
      // What failed once is tried again by the next who asks.
      const metrics = (this.#made ??= options.metrics())
      return { text: await metrics.text(), contentType: metrics.contentType }
    })
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') return this.#health(response)
    if (path === '/status') return say(response, 200, this.#statusText.get(), 'application/json')
    if (path !== '/metrics') return say(response, 404, 'try /healthz, /status or /metrics\n')
    this.#metrics.get().then(
      ({ text, contentType }) => {
        say(response, 200, text, contentType)
      },
      // No descriptor is free, or the program's files are gone: who asks must not end the clock.
      () => {
        say(response, 503, 'the library of the metrics cannot be loaded now\n')
      },
    )
  }

  /** Well is who leads, and who knows the leader. */
  #health(response: ServerResponse): void {
    const leadership = this.#options.leadership()
    if (leadership === undefined || leadership.isLeader || leadership.leader !== undefined)
      return say(response, 200, 'ok\n')
    say(response, 503, `no clock leads as far as this one knows${words(leadership.trouble)}\n`)
  }
}

function say(response: ServerResponse, code: number, text: string, type = 'text/plain'): void {
  response.writeHead(code, { 'content-type': type }).end(text)
}

const words = (trouble: string | undefined): string =>
  trouble === undefined ? '' : `: ${visibleText(trouble)}`
