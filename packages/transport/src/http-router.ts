/** The few requests that a process answers over HTTP: its paths, their access rules, and their failures. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { visibleLines } from '@jwp/protocol'
import { SharedAnswer } from './shared-answer.js'

export interface HttpAnswer {
  /** Default: 200. */
  readonly code?: number
  readonly text: string
  /** Default: plain text in UTF-8. */
  readonly contentType?: string
}

export interface HttpRoute {
  /** Begins with a slash. What follows a `?` does not count. */
  readonly path: string
  /** Called once for all requests within a moment (`SharedAnswer`). */
  readonly answer: () => HttpAnswer | Promise<HttpAnswer>
  /** Why this request is not answered, for people; undefined: it is. Absent: all requests are. */
  readonly whyNot?: (request: IncomingMessage) => string | undefined
  /** What is said, with code 503, when `answer` throws or rejects: it is tried again with a later request. */
  readonly onFailure?: string
}

/** Answers GET and HEAD. A wrong path or method, or a refusal, costs other connections nothing. */
export class HttpRouter {
  readonly #routes: ReadonlyMap<string, { route: HttpRoute; shared: SharedAnswer<Promise<HttpAnswer>> }>
  readonly #hint: string

  constructor(routes: readonly HttpRoute[]) {
    this.#routes = new Map(
      routes.map((route) => [
        route.path,
        // Within a promise, what is thrown at once is a rejection like any other.
        { route, shared: new SharedAnswer(async () => route.answer()) },
      ]),
    )
    const paths = routes.map(({ path }) => path)
    this.#hint = `try ${paths.slice(0, -1).join(', ')}${paths.length > 1 ? ' or ' : ''}${paths.at(-1) ?? ''}\n`
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    response.setHeader('x-content-type-options', 'nosniff')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, { code: 405, text: 'only GET is answered here\n' })
    const found = this.#routes.get((request.url ?? '/').split('?', 1)[0]!)
    if (found === undefined) return send(response, { code: 404, text: this.#hint })
    const { route, shared } = found
    const whyNot = route.whyNot?.(request)
    if (whyNot !== undefined) return send(response, { code: 403, text: `${whyNot}\n` })
    shared.get().then(
      (answer) => {
        send(response, answer)
      },
      () => {
        send(response, { code: 503, text: `${route.onFailure ?? 'no answer can be given now'}\n` })
      },
    )
  }
}

function send(
  response: ServerResponse,
  { code = 200, text, contentType = 'text/plain; charset=utf-8' }: HttpAnswer,
): void {
  response.writeHead(code, { 'content-type': contentType })
  response.end(text)
}

/** An object as JSON: for programs, and for people who use curl, whose terminals nothing in it may steer. */
export const jsonAnswer = (value: object): HttpAnswer => ({
  text: visibleLines(`${JSON.stringify(value, null, 2)}\n`),
  contentType: 'application/json',
})
