/** Asks a JWP process over HTTP, plain or with TLS. */
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'

export interface HttpAnswer {
  readonly ok: boolean
  readonly text: string
}

/** Undefined: no answer. */
export function ask(whom: { port: number; path: string; tls: boolean }): Promise<HttpAnswer | undefined> {
  const { port, path } = whom
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false }
    const request = (whom.tls ? getSecurely : get)(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ ok: response.statusCode === 200, text }))
      response.on('error', () => resolve(undefined))
    })
    request.on('error', () => resolve(undefined))
  })
}
