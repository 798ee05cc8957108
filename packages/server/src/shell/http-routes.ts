/** `/healthz` for all; `/status` and `/metrics` for programs of this machine, or for requests with the token. */
import type { ServerStatus } from '@jwp/protocol'
import {
  HttpRouter,
  jsonAnswer,
  whyNoAccess,
  type HttpAccessOptions,
  type HttpAnswer,
  type HttpRoute,
  type MetricsRegistry,
} from '@jwp/transport'

export interface HttpRoutesOptions extends HttpAccessOptions {
  readonly status: () => ServerStatus
  /** The library of the metrics is loaded after the start, because it would slow the start down. */
  readonly metrics: () => MetricsRegistry
}

export function httpRoutes(options: HttpRoutesOptions): HttpRouter {
  const whyNot: HttpRoute['whyNot'] = (request) => whyNoAccess(request, options)
  return new HttpRouter([
    { path: '/healthz', answer: () => healthOf(options.status()) },
    { path: '/status', whyNot, answer: () => jsonAnswer(withoutSecrets(options.status())) },
    {
      path: '/metrics',
      whyNot,
      answer: () => options.metrics().answer(),
      // No descriptor is free, or the program's files are gone.
      onFailure: 'the library of the metrics cannot be loaded now',
    },
  ])
}

/** Healthy: in a tree, and not leaving. */
function healthOf({ role, leaving }: ServerStatus): HttpAnswer {
  if (leaving) return { code: 503, text: 'leaving\n' }
  if (role === 'orphan') return { code: 503, text: 'looking for a parent\n' }
  return { text: 'ok\n' }
}

/** What unauthenticated peers may see: where servers are, never what they accept. */
export function withoutSecrets(status: ServerStatus): object {
  return JSON.parse(
    JSON.stringify(status, (key, value: unknown) => (key === 'secret' ? undefined : value)),
  ) as object
}
