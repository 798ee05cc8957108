/** What a process answers over HTTP, to any client and after any failure. */
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { HttpRouter, jsonAnswer, type HttpRoute } from '@jwp/transport'

interface Heard {
  readonly code: number
  readonly type: string | undefined
  readonly sniff: string | undefined
  readonly text: string
}

async function asking(t: ExecutionContext, routes: readonly HttpRoute[]) {
  const server = createServer(new HttpRouter(routes).answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return (path: string, method = 'GET'): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ port, host: '127.0.0.1', path, method, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.once('end', () => {
          const { 'content-type': type, 'x-content-type-options': sniff } = response.headers
          resolve({ code: response.statusCode!, type, sniff: sniff as string | undefined, text })
        })
      })
      request.once('error', reject)
      request.end()
    })
}

test('paths, methods and types', async (t) => {
  const ask = await asking(t, [
    { path: '/a', answer: () => ({ text: 'yes\n' }) },
    { path: '/b', answer: () => Promise.resolve(jsonAnswer({ b: 1 })) },
    { path: '/esc', answer: () => jsonAnswer({ name: '\u001b[2J\u202e' }) },
    { path: '/c', answer: () => ({ code: 503, text: 'not now\n' }) },
  ])
  const plain = 'text/plain; charset=utf-8'
  t.deepEqual(await ask('/a'), { code: 200, type: plain, sniff: 'nosniff', text: 'yes\n' })
  t.like(await ask('/a?b=/c'), { code: 200, text: 'yes\n' })
  t.like(await ask('/a', 'HEAD'), { code: 200, text: '' })
  t.like(await ask('/b'), { code: 200, type: 'application/json', text: '{\n  "b": 1\n}\n' })
  t.like(
    await ask('/esc'),
    { code: 200, text: '{\n  "name": "\\u001b[2J\\u202e"\n}\n' },
    'steers no terminal',
  )
  t.like(await ask('/c'), { code: 503, text: 'not now\n' })
  for (const path of ['/', '/d', '/a/', '/A', '/__proto__', '//a'])
    t.like(await ask(path), { code: 404, text: 'try /a, /b, /esc or /c\n' }, path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    t.like(await ask('/a', method), { code: 405, text: 'only GET is answered here\n' }, method)
})

test('who may not ask is told why, and costs no answer', async (t) => {
  let answers = 0
  const ask = await asking(t, [
    {
      path: '/a',
      whyNot: ({ url }) => (url === '/a?please' ? undefined : 'you did not say please'),
      answer: () => ({ text: `${++answers}` }),
    },
  ])
  t.like(await ask('/a'), { code: 403, text: 'you did not say please\n' })
  t.is(answers, 0)
  t.like(await ask('/a?please'), { code: 200, text: '1' })
})

test('all who ask within a moment get one answer', async (t) => {
  let answers = 0
  let answer!: () => void
  const awaited = new Promise<void>((resolve) => (answer = resolve))
  const ask = await asking(t, [
    {
      path: '/a',
      answer: async () => {
        answers++
        await awaited
        return { text: 'once' }
      },
    },
  ])
  const first = ask('/a')
  while (answers === 0) await new Promise((resolve) => setImmediate(resolve))
  answer()
  t.like(await first, { code: 200, text: 'once' })
  const before = answers
  const texts = await Promise.all(Array.from({ length: 50 }, () => ask('/a')))
  t.true(texts.every(({ text }) => text === 'once'))
  t.true(answers - before < 50, 'they share answers')
})

test('what fails is answered 503, in its own words, and is tried again', async (t) => {
  for (const fail of [
    () => {
      throw new Error('at once')
    },
    () => Promise.reject(new Error('later')),
  ]) {
    let tries = 0
    const ask = await asking(t, [
      {
        path: '/a',
        onFailure: 'the library cannot be loaded now',
        answer: () => (++tries < 3 ? fail() : { text: 'here' }),
      },
      { path: '/b', answer: fail },
    ])
    t.like(await ask('/a'), { code: 503, text: 'the library cannot be loaded now\n' })
    t.like(await ask('/b'), { code: 503, text: 'no answer can be given now\n' })
    // The same answer serves for a moment.
    while ((await ask('/a')).code === 503);
    t.is(tries, 3)
  }
})
