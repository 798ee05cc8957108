/** What a clock tells over HTTP: `/healthz`, `/status` and `/metrics`, none of which holds a secret. */
import { visibleText } from '@jwp/protocol'
import { HttpRouter, jsonAnswer, type HttpAnswer, type MetricsRegistry } from '@jwp/transport'
import type { LeadershipState } from './clock-engine.js'

export interface HttpRoutesOptions {
  readonly status: () => object
  /** Made at the first request: their library would slow down every start. */
  readonly metrics: () => MetricsRegistry
  /** Of several clocks. Undefined: this is the only one. */
  readonly leadership: () => LeadershipState | undefined
}

export function httpRoutes(options: HttpRoutesOptions): HttpRouter {
  let made: MetricsRegistry | undefined
  return new HttpRouter([
    { path: '/healthz', answer: () => healthOf(options.leadership()) },
    { path: '/status', answer: () => jsonAnswer(options.status()) },
    {
      path: '/metrics',
      // What failed once is tried again with the next question.
      answer: () => (made ??= options.metrics()).answer(),
      // No descriptor is free, or the program's files are gone.
      onFailure: 'the library of the metrics cannot be loaded now',
    },
  ])
}

/** Healthy is the clock that leads, and one that knows the leader. */
function healthOf(leadership: LeadershipState | undefined): HttpAnswer {
  if (leadership === undefined || leadership.isLeader || leadership.leader !== undefined)
    return { text: 'ok\n' }
  const trouble = leadership.trouble === undefined ? '' : `: ${visibleText(leadership.trouble)}`
  return { code: 503, text: `no clock leads as far as this one knows${trouble}\n` }
}
