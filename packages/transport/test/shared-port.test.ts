/** One port, three protocols, told by the first bytes however they come. */
import { request } from 'node:http'
import type { LineConnection } from '@jwp/lines'
import { SharedPort, until } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { handshake, message } from './support/net-ipc-words.js'
import { RawClient } from './support/raw-client.js'
import { ask, dial, echoLines, echoLink, localhost, testPort } from './support/test-port.js'

/** A port where everything is answered in its own way. */
const talkative = (t: ExecutionContext) =>
  testPort(t, {
    onLink: echoLink,
    onLines: echoLines,
    onHttp: (incoming, response) => {
      let body = ''
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
      incoming.on('end', () => response.end(`${incoming.method} ${incoming.url} ${body}`))
    },
  })

function http(port: number, method: string, path: string, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: localhost, port, method, path, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        resolve(text)
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('links, lines and HTTP side by side', async (t) => {
  const { port } = await talkative(t)
  const link = await dial(port)
  t.deepEqual(await ask(link, 'hello'), 'hello')
  t.is(await http(port, 'GET', '/status'), 'GET /status ')
  const long = 'x'.repeat(300_000)
  t.is(await http(port, 'POST', '/post', long), `POST /post ${long}`)
  const lines = new RawClient(t, port)
  await lines.write('{"a":1}\n')
  t.deepEqual(await lines.lineCount(1), [{ echo: { a: 1 } }])
  link.close()
})

test('first bytes that come one by one', async (t) => {
  const { port } = await talkative(t)
  const [link, web, lines, utf] = [1, 2, 3, 4].map(() => new RawClient(t, port)) as [
    RawClient,
    RawClient,
    RawClient,
    RawClient,
  ]
  const one = (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))
  await Promise.all([
    link.write(...one(Buffer.concat([handshake, message('me')]))),
    web.write(...one(Buffer.from('OPTIONS /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'))),
    lines.write(...one(Buffer.from('GE\n[1]\n'))),
    utf.write(...one(Buffer.from('\x00\x04[1]\n'))),
  ])
  await until(() => link.text.includes('me'))
  t.regex(await web.ended(), /^HTTP\/1\.1 200 OK[^]*OPTIONS \/x $/)
  t.deepEqual(await lines.lineCount(1), [{ garbled: 'JSON parse error while parsing message' }])
  t.deepEqual(await utf.lineCount(1), [{ echo: [1] }])
})

test('Hello is a bad line, not HTTP', async (t) => {
  const { port } = await talkative(t)
  const client = new RawClient(t, port)
  await client.write('Hello\n')
  t.is(await client.ended(), '{"garbled":"JSON parse error while parsing message"}\n')
})

for (const [what, text, answer] of [
  ['an unterminated line', '{"a":1}', '{"echo":{"a":1}}\n'],
  ['half a word of HTTP', 'GET', '{"garbled":"JSON parse error while parsing message"}\n'],
  ['several lines', '1\n2\r\n3\r4', '{"echo":1}\n{"echo":2}\n{"echo":3}\n{"echo":4}\n'],
  ['nothing', '', ''],
  ['a blank line', '\n', ''],
] as const) {
  test(`a pipe that sends ${what} and its end is answered, then closed`, async (t) => {
    const { port } = await talkative(t)
    const pipe = new RawClient(t, port)
    pipe.socket.end(text)
    t.is(await pipe.ended(), answer)
    await until(() => pipe.isClosed)
    t.false(pipe.wasReset)
  })
}

test('HTTP that is none is answered with 400, and keeps the port free for others', async (t) => {
  const { port } = await talkative(t)
  const client = new RawClient(t, port)
  await client.write('GET \x01\r\n\r\n')
  t.regex(await client.ended(), /^HTTP\/1\.1 400/)
})

test('two requests over one connection', async (t) => {
  const { port } = await talkative(t)
  const client = new RawClient(t, port)
  await client.write(
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  const text = await client.ended()
  t.true(text.includes('GET /1 ') && text.includes('GET /2 '))
})

test('a connection that says nothing, or not enough to tell, is closed', async (t) => {
  const port = await testPort(t, {}, { firstByteTimeoutMs: 20 })
  const silent = new RawClient(t, port.port)
  const unclear = new RawClient(t, port.port)
  await unclear.write('POS')
  await Promise.all([silent.ended(), unclear.ended()])
  await until(() => port.connectionCount === 0)
  t.pass()
})

test('connections that are reset at any moment disturb no other connection', async (t) => {
  const port = await talkative(t)
  const link = await dial(port.port)
  for (const words of [
    '',
    'I',
    'GET / HT',
    'POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc',
    '{"a":',
    '\x00\x50{',
  ]) {
    const client = new RawClient(t, port.port)
    await client.write(words)
    client.socket.resetAndDestroy()
  }
  await until(() => port.connectionCount === 1)
  t.is(await ask(link, 'still here'), 'still here')
})

test('a port in use is told by its code', async (t) => {
  const { port } = await testPort(t)
  const handlers = { onLink: () => undefined, onLines: () => undefined, onHttp: () => undefined }
  await t.throwsAsync(SharedPort.listen({ host: localhost, port }, handlers), { code: 'EADDRINUSE' })
  await t.throwsAsync(SharedPort.listen({ host: '192.0.2.1', port: 0 }, handlers), { code: 'EADDRNOTAVAIL' })
})

test('drain: no new connection, last words are sent, the silent and the idle do not hold it up', async (t) => {
  const met: LineConnection[] = []
  const port = await testPort(t, { onLines: (connection) => met.push(connection) })
  const silent = new RawClient(t, port.port)
  const client = new RawClient(t, port.port)
  await client.write('1\n')
  await until(() => met.length === 1 && port.connectionCount === 2)
  client.socket.once('end', () => client.end())
  met[0]!.writeCommand({ command: 'REDIRECT' })
  met[0]!.close()
  await port.drain(60_000)
  t.is(await client.ended(), '{"command":"REDIRECT"}\n')
  await silent.ended()
  t.is(port.connectionCount, 0)
})

test('drain gives up on those who do not go', async (t) => {
  const met: LineConnection[] = []
  const port = await testPort(t, { onLines: (connection) => met.push(connection) })
  const client = new RawClient(t, port.port)
  await client.write('1\n')
  await until(() => met.length === 1)
  await port.drain(10)
  await client.ended()
  t.pass()
})

test('pipelined requests are answered one after the other, in order, each after the answer before was taken', async (t) => {
  let atOnce = 0
  let most = 0
  const { port } = await testPort(t, {
    onLink: echoLink,
    onLines: echoLines,
    onHttp: (incoming, response) => {
      most = Math.max(most, ++atOnce)
      response.once('close', () => atOnce--)
      setImmediate(() => response.end(`[${incoming.url}]`))
    },
  })
  const client = new RawClient(t, port)
  const heads = Array.from({ length: 3_000 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await client.write(heads.join(''))
  await until(() => client.text.includes('[/2999]'))
  t.deepEqual(
    [...client.text.matchAll(/\[\/(\d+)\]/g)].map(([, i]) => Number(i)),
    Array.from({ length: 3_000 }, (_, i) => i),
  )
  t.is(most, 1)
})

test('requests with bodies among pipelined ones, cut at any place', async (t) => {
  const { port } = await talkative(t)
  const body = 'one\r\n\r\ntwo\n\nthree'
  const asked = `POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}GET /g HTTP/1.1\r\nHost: a\r\n\r\n`
  for (let cut = 8; cut < asked.length; cut += 7) {
    const client = new RawClient(t, port)
    await client.write(asked.slice(0, cut), asked.slice(cut))
    await until(() => client.text.includes('GET /g '))
    t.true(client.text.includes(`POST /p ${body}`))
  }
})

test('a client that asks on and on without reading the answers is not read any further', async (t) => {
  let answered = 0
  const { port } = await testPort(t, {
    onLink: echoLink,
    onLines: echoLines,
    onHttp: (_incoming, response) => {
      answered++
      response.end('x'.repeat(100_000))
    },
  })
  const client = new RawClient(t, port)
  client.socket.pause()
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_000))
  await until(() => answered > 0)
  let before = -1
  // What the system takes in on both sides is some megabytes at most.
  while (before !== answered) {
    before = answered
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  t.true(answered < 1_000, `${answered} answers of 100 kB`)
})
