/** What a clock says over HTTP when it cannot say all. */
import test from 'ava'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { httpRoutes } from '#dist/shell/http-routes.js'

test('metrics that cannot be loaded get an answer all the same, and are tried again', async (t) => {
  let tries = 0
  const http = httpRoutes({
    status: () => ({}),
    leadership: () => undefined,
    metrics: () => {
      tries++
      throw new Error('too many open files')
    },
  })
  const ask = () =>
    new Promise<number>((resolve) => {
      let code = 0
      const response = {
        setHeader: () => response,
        writeHead(given: number) {
          code = given
          return response
        },
        end() {
          resolve(code)
        },
      }
      http.answer(
        { url: '/metrics', method: 'GET', resume: () => undefined } as unknown as IncomingMessage,
        response as unknown as ServerResponse,
      )
    })
  t.is(await ask(), 503)
  // The same answer serves for a moment.
  while (tries < 2) t.is(await ask(), 503)
  t.is(tries, 2)
})
