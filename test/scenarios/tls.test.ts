/** A network that speaks TLS and nothing else, and the peers that it does not let in. */
import { chmodSync, readFileSync } from 'node:fs'
import { connect } from '@jwp/client'
import { fromWire, toWire, type ServerMessage } from '@jwp/protocol'
import { asClient, asServer, type DialTls } from '@jwp/lines'
import { dialLink, eventually } from '@jwp/transport'
import { identityFrom, TestAuthority } from '#certificates'
import { freePort } from '@jwp/transport'
import test from 'ava'
import { ask } from '../support/ask-http.js'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

const authority = new TestAuthority('the CA of the network')
const another = new TestAuthority('the CA of another network')
test.after.always(() => {
  authority.end()
  another.end()
})
const ca = readFileSync(authority.ca, 'utf8')

test('servers, clock, clients and tools in TLS: they heal as ever', async (t) => {
  const network = new RealNetwork(t)
  network.authority = authority
  await network.startClock()
  await network.startServer('a')
  await Promise.all([network.startServer('b', 'a'), network.startServer('c', 'a')])
  await network.untilShape('a b<a c<a')
  const { port } = network.server('b')

  const connection = await connect({ servers: [`localhost:${port}`], tls: { ca } })
  t.teardown(() => connection.close({ now: true }))
  const got: unknown[] = []
  connection.on('broadcast', ({ activity }) => got.push(activity['text']))
  await connection.send({ text: 'before' })
  await eventually('the root has the time from the clock', async () =>
    (await network.status('a'))?.clock.mode === 'clock' ? true : undefined,
  )

  const byHand = new LineClient(t, network.server('c').port, ca)
  await byHand.ask({ command: 'LOGIN', username: 'anonymous' })
  const piped = network.start('client', port, ['client', '-rp', String(port), '--tls-ca', authority.ca])
  piped.child.stdin!.end('{"text":"from a pipe"}\n')
  t.is(await piped.ended, 0, piped.printed())
  await byHand.take('ACTIVITY_BROADCAST')

  const tree = network.start('tree', 0, ['tree', '--json', ...network.tlsFlags()])
  t.is(await tree.ended, 0, tree.printed())
  t.is((JSON.parse(tree.printed()) as { servers: unknown[] }).servers.length, 3)

  await network.kill('a')
  await network.untilOneTree('b', 'c')
  await connection.send({ text: 'after the root' })
  await network.kill('b')
  await connection.send({ text: 'at another server' })
  await eventually('all came, once', () => (got.length === 4 ? true : undefined))
  t.deepEqual(got, ['before', 'from a pipe', 'after the root', 'at another server'])
})

test('a server that is started because all are full speaks TLS, too', async (t) => {
  const network = new RealNetwork(t)
  network.authority = authority
  await network.startClock()
  const a = await network.startServer('a', undefined, ['--max-clients', '1', '--autoscale'])
  const server = `localhost:${a.port}`
  const connections = [1, 2].map(() => connect({ servers: [server], tls: { ca } }))
  for (const connection of await Promise.all(connections)) t.teardown(() => connection.close({ now: true }))
  t.is(network.started().length, 1)
  t.is((await network.status('a'))!.clients, 1)
})

test('who speaks no TLS is told in words, in each protocol', async (t) => {
  const network = new RealNetwork(t)
  network.authority = authority
  const { port } = await network.startServer('a')
  const info = 'this server speaks TLS only: connect with TLS'

  const plain = new LineClient(t, port)
  t.deepEqual(await plain.ask({ command: 'LOGIN', username: 'anonymous' }), {
    command: 'INVALID_MESSAGE',
    info,
  })
  await plain.untilClosed()
  t.deepEqual(await ask({ port, path: '/healthz', tls: false }), { ok: false, text: `${info}\n` })
  t.deepEqual(await learnedBy(port, undefined), [{ type: 'AUTHENTICATION_FAIL', info }])

  const argv = ['server', '-lp', String(await freePort()), '-rp', String(port), '-s', 'aaa']
  const server = network.start('x', 0, argv)
  t.is(await server.ended, 4)
  t.regex(server.printed(), /speaks TLS only/)

  const client = network.start('client', port, ['client', '-rp', String(port)])
  client.child.stdin!.end()
  t.not(await client.ended, 0)
  t.regex(client.printed(), /speaks TLS only/)
})

test('a server that cannot prove to be of the network is refused, and learns nothing', async (t) => {
  const network = new RealNetwork(t)
  network.authority = authority
  await network.startServer('a')
  await network.startServer('b', 'a')
  const { port } = network.server('a')
  const before = await eventually('the server knows its child', async () => {
    const status = await network.status('a')
    return status !== undefined && status.children.length > 0 && status.contacts > 0 ? status : undefined
  })
  const trusting = { ...another.issue(), ca: authority.ca }
  for (const [what, files, words] of [
    ['one of another CA', trusting, /your certificate is not signed by the CA of this network/],
    ['an expired one', authority.issue({ days: -1 }), /your certificate has expired/],
  ] as const) {
    const identity = identityFrom(files)
    const learned = await learnedBy(port, asServer(identity))
    t.is(learned.length, 1, what)
    t.regex((learned[0] as { info: string }).info, words)

    const argv = ['server', '-lp', String(await freePort()), '-rp', String(port), '-s', 'aaa']
    const refused = network.start('x', 0, [...argv, ...network.tlsFlags(files)])
    t.is(await refused.ended, 4, refused.printed())
    t.regex(refused.printed(), words)
    t.is(/our certificate has expired/.test(refused.printed()), what === 'an expired one')
  }
  const learned = await learnedBy(port, asClient({ ca }))
  t.deepEqual(learned, [
    {
      type: 'AUTHENTICATION_FAIL',
      info: 'a certificate of this network is needed (--tls-cert, --tls-key)',
    },
  ])
  const after = await network.status('a')
  t.deepEqual(after?.children, before.children)
  t.is(after?.contacts, before.contacts, 'nothing of them was kept')
})

test('a client does not trust a server that it should not trust', async (t) => {
  const network = new RealNetwork(t)
  network.authority = another
  const { port } = await network.startServer('a')
  network.authority = authority
  const client = network.start('client', port, ['client', '-rp', String(port), '--tls-ca', authority.ca])
  client.child.stdin!.end()
  t.is(await client.ended, 5)
  t.regex(client.printed(), /cannot be trusted: its certificate is signed by no CA that this side trusts/)
  await t.throwsAsync(connect({ servers: [`localhost:${port}`], tls: { ca }, withinMs: 4_000 }), {
    message: /its certificate is signed by no CA that this side trusts/,
  })

  network.authority = { issue: () => authority.issue({ names: 'DNS:elsewhere.lan' }) }
  const elsewhere = await network.startServer('b')
  await t.throwsAsync(connect({ servers: [`localhost:${elsewhere.port}`], tls: { ca }, withinMs: 4_000 }), {
    message: /its certificate is for another host/,
  })
  await network.startServer('c', 'b')
  await network.untilShape('b c<b')
})

test('certificates that are none, and keys that all users can read, are refused at the start', async (t) => {
  const network = new RealNetwork(t)
  const { cert, key, ca: file } = authority.issue()
  const start = async (files: { cert: string; key: string; ca: string }): Promise<string> => {
    const argv = ['server', '-lp', String(await freePort()), ...network.tlsFlags(files)]
    const server = network.start('x', 0, argv)
    t.is(await server.ended, 2)
    return server.printed()
  }
  t.regex(await start({ cert, key: authority.issue().key, ca: file }), /TLS cannot be spoken with/)
  t.regex(await start({ cert: '/nowhere', key, ca: file }), /\/nowhere cannot be read/)
  chmodSync(key, 0o644)
  t.regex(await start({ cert, key, ca: file }), /every user of this machine may read or change the key/)
})

/** All that a peer hears that shows the right secret and asks everything it can, until it is cut off. */
function learnedBy(port: number, tls: DialTls | undefined): Promise<ServerMessage[]> {
  const learned: ServerMessage[] = []
  return new Promise((resolve, reject) => {
    dialLink(
      { host: 'localhost', port, tls },
      {
        onOpen: (link) => {
          link.onMessages = (messages) => {
            for (const message of messages) learned.push(fromWire(message) as ServerMessage)
          }
          link.onClosed = () => resolve(learned)
          link.send(toWire({ type: 'STATUS', secret: 'aaa' }))
          link.flush()
        },
        onFailure: (why, info) => reject(new Error(`${why}: ${info}`)),
      },
    )
  })
}
