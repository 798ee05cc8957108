/** The shared port with TLS: the same three protocols inside, and clear words for all other peers. */
import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { asClient, asServer, type LineConnection } from '@jwp/lines'
import type { SharedPortHandlers } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { until } from '@jwp/transport'
import { identityFrom, TestAuthority } from './support/certificates.js'
import { handshake, message } from './support/net-ipc-words.js'
import { RawClient } from './support/raw-client.js'
import { ask, dial, echoLines, echoLink, localhost, testPort } from './support/test-port.js'

const authority = new TestAuthority()
const identity = identityFrom(authority.issue())
test.after.always(() => {
  authority.end()
})

const secure = (t: ExecutionContext, handlers: Partial<SharedPortHandlers> = {}) =>
  testPort(t, { onLink: echoLink, onLines: echoLines, ...handlers }, { tls: identity })

test('links, lines of both dialects and HTTP side by side', async (t) => {
  const { port } = await secure(t)
  const link = await dial(port, undefined, asServer(identity))
  t.is(await ask(link, 'hello'), 'hello')
  const lines = new RawClient(t, port, { tls: true })
  await lines.write('{"a":1}\n')
  t.deepEqual(await lines.lineCount(1), [{ echo: { a: 1 } }])
  const utf = new RawClient(t, port, { tls: true })
  await utf.write('\x00', '\x04[1]\n')
  t.deepEqual(await utf.lineCount(1), [{ echo: [1] }])
  const web = new RawClient(t, port, { tls: true })
  await web.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.regex(await web.ended(), /^HTTP\/1\.1 200 OK[^]*hello over HTTP/)
  const pipe = new RawClient(t, port, { tls: true })
  pipe.socket.end('2')
  t.is(await pipe.ended(), '{"echo":2}\n')
  link.close()
})

test('a handshake that comes byte by byte, as some networks deliver it', async (t) => {
  const { port } = await secure(t)
  // Everything that the client sends goes through here in pieces of one byte.
  const slow = createServer((near) => {
    const far = connect({ host: localhost, port, noDelay: true })
    near.on('data', (chunk: Buffer) => {
      for (const byte of chunk) far.write(Buffer.from([byte]))
    })
    far.pipe(near)
    for (const socket of [near, far]) socket.on('error', () => undefined)
    t.teardown(() => far.destroy())
  })
  await new Promise<void>((resolve) => slow.listen(0, localhost, resolve))
  t.teardown(() => slow.close())
  const client = new RawClient(t, (slow.address() as { port: number }).port, { tls: true })
  await client.write('"slowly"\n')
  t.deepEqual(await client.lineCount(1), [{ echo: 'slowly' }])
})

test('plain lines, plain HTTP and plain links are refused in their own words', async (t) => {
  const refused: string[] = []
  const { port } = await secure(t, { onRefusedLink: (_link, info) => refused.push(info) })
  const info = 'this server speaks TLS only: connect with TLS'
  for (const words of ['{"command":"LOGIN"}\n', '\x00\x04[1]\n', 'Hello\n']) {
    const client = new RawClient(t, port)
    await client.write(words)
    t.is(await client.ended(), `{"command":"INVALID_MESSAGE","info":"${info}"}\n`)
  }
  const web = new RawClient(t, port)
  await web.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
  t.regex(await web.ended(), new RegExp(`^HTTP/1\\.1 400 [^]*${info}\\n$`))
  const link = await dial(port)
  await t.throwsAsync(ask(link, 'let me in'), { message: 'the other end closed' })
  t.deepEqual(refused, [info])
})

test('a link without a certificate of the CA is refused, and nothing that it says is handed on', async (t) => {
  const other = new TestAuthority()
  t.teardown(() => other.end())
  const refused: string[] = []
  const { port } = await secure(t, {
    onLink: () => t.fail('it was let in'),
    onRefusedLink: (link, info) => {
      refused.push(info)
      link.send('no')
    },
  })
  const { ca } = identity
  for (const tls of [
    asClient({ ca }),
    asServer({ ...identityFrom(other.issue()), ca }),
    asServer(identityFrom(authority.issue({ days: -1 }))),
  ]) {
    const link = await dial(port, undefined, tls)
    t.is(await ask(link, 'let me in'), 'no')
  }
  t.deepEqual(refused, [
    'a certificate of this network is needed (--tls-cert, --tls-key)',
    'your certificate is not signed by the CA of this network',
    'your certificate has expired',
  ])
})

test('a session that is resumed proves nothing: Node takes its ticket for a certificate', async (t) => {
  const refused: string[] = []
  const { port } = await secure(t, {
    onLink: () => t.fail('it was let in'),
    onRefusedLink: (_link, info) => refused.push(info),
  })
  let session: Buffer | undefined
  for (let i = 1; i <= 3; i++) {
    const socket = connectTls({ host: localhost, port, rejectUnauthorized: false, session })
    t.teardown(() => socket.destroy())
    socket.on('session', (ticket: Buffer) => (session = ticket))
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(Buffer.concat([handshake, message('let me in')]))
    await until(() => refused.length === i)
    session ??= socket.getSession()
  }
  t.deepEqual([...new Set(refused)], ['a certificate of this network is needed (--tls-cert, --tls-key)'])
})

test('a plain port that is spoken to in TLS says so at once', async (t) => {
  const { port } = await testPort(t, { onLink: echoLink, onLines: echoLines })
  await t.throwsAsync(dial(port, undefined, asServer(identity)), {
    message: /unreachable: the TLS handshake failed \(.*\) with what listens at /,
  })
  // The same beginning as a writeUTF message of 5,635 bytes is no TLS.
  const long = Buffer.concat([Buffer.from([0x16, 0x03]), Buffer.from(`"${'x'.repeat(5_632)}"\n`)])
  const utf = new RawClient(t, port)
  await utf.write(long)
  t.is((await utf.lineCount(1)).length, 1)
})

test('a dialler trusts the CA and, as a client, the name', async (t) => {
  const wrongName = identityFrom(authority.issue({ names: 'DNS:elsewhere.lan' }))
  const { port } = await testPort(t, { onLink: echoLink }, { tls: wrongName })
  await t.throwsAsync(dial(port, undefined, asClient(identity)), {
    message: /its certificate is for another host/,
  })
  const link = await dial(port, undefined, asServer(identity))
  t.is(await ask(link, 'you are one of us'), 'you are one of us')
  const foreignAuthority = new TestAuthority()
  t.teardown(() => foreignAuthority.end())
  await t.throwsAsync(dial(port, undefined, asServer(identityFrom(foreignAuthority.issue()))), {
    message: /signed by no CA that this side trusts/,
  })
})

test('a peer that begins a handshake and goes on with nothing, or with nonsense, disturbs no other peer', async (t) => {
  const met: LineConnection[] = []
  const shared = await secure(t, {
    onLines: (connection) => {
      met.push(connection)
      echoLines(connection)
    },
  })
  const hello = Buffer.from([0x16, 0x03, 0x01, 0x01, 0x00])
  const mute = Array.from({ length: 300 }, () => new RawClient(t, shared.port))
  await Promise.all(mute.map((each) => each.write(hello)))
  const nonsense = new RawClient(t, shared.port)
  await nonsense.write('\x16\x03\x03\x00\x04nope')
  // Peers that go on with nothing take all places. When some of them are gone, the others have their turn.
  const client = new RawClient(t, shared.port, { tls: true })
  for (const each of mute.slice(0, 100)) each.reset()
  await client.write('"hello"\n')
  t.deepEqual(await client.lineCount(1), [{ echo: 'hello' }])
  await nonsense.ended()
  for (const each of mute) each.reset()
  await until(() => shared.connectionCount === 1)
  t.is(met.length, 1)
})
