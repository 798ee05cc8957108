/**
 * Places for TLS handshakes: some are kept for addresses from which links with a certificate of the network have come.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { asServer } from '@jwp/lines'
import type { Link } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { until } from '@jwp/transport'
import { identityFrom, TestAuthority } from './support/certificates.js'
import { ask, dial, localhost, testPort } from './support/test-port.js'

const authority = new TestAuthority()
const identity = identityFrom(authority.issue())
test.after.always(() => {
  authority.end()
})

/** No handshake stalls for long enough to be pushed out: each place that is found was free. */
const limits = {
  limitMs: 3_600_000,
  most: 24,
  mostPerAddress: 12,
  keptForLinks: 4,
  stalledAfterMs: 3_600_000,
}
const places = limits.most - limits.keptForLinks
/** More than find a place, by far, and from more addresses than would fill all of them. */
const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].flatMap((address) =>
  Array<string>(20).fill(address),
)

/** What a TLS client says first, recorded from one that got no answer. */
async function clientHello(): Promise<Buffer> {
  const listener = createServer().listen(0, localhost)
  await once(listener, 'listening')
  const client = connectTls({ port: (listener.address() as { port: number }).port, host: localhost })
  client.on('error', () => undefined)
  const [socket] = (await once(listener, 'connection')) as [Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  client.destroy()
  listener.close()
  return hello
}

interface Stalled {
  isAnswered: boolean
  isClosed: boolean
}

/** From that address, with a whole first flight and nothing more. */
function stall(t: ExecutionContext, port: number, localAddress: string, hello: Buffer): Stalled {
  const stalled: Stalled = { isAnswered: false, isClosed: false }
  const socket = connect({ port, host: localhost, localAddress })
  socket.on('error', () => undefined)
  socket.on('data', () => (stalled.isAnswered = true))
  socket.on('close', () => (stalled.isClosed = true))
  socket.write(hello)
  t.teardown(() => socket.destroy())
  return stalled
}

test('unknown peers that fill all places open to them do not keep a neighbour out', async (t) => {
  const onLink = (link: Link): void => {
    link.onMessages = () => {
      // As a server does when the secret was right.
      link.trust()
      link.send('welcome')
      link.flush()
    }
  }
  const { port } = await testPort(t, { onLink }, { tls: identity, handshakes: limits })
  const ours = asServer(identity)
  const first = await dial(port, undefined, ours)
  t.is(await ask(first, 'let me in'), 'welcome')
  first.close()

  const hello = await clientHello()
  const stalled = addresses.map((address) => stall(t, port, address, hello))
  // Who has a place is answered; the others wait.
  await until(() => stalled.filter(({ isAnswered }) => isAnswered).length === places)

  // As many as are kept, at once and one after the other.
  for (let round = 0; round < 3; round++) {
    const links = await Promise.all(
      Array.from({ length: limits.keptForLinks }, () => dial(port, undefined, ours)),
    )
    for (const link of links) {
      t.is(await ask(link, 'let me in'), 'welcome')
      link.close()
    }
  }
  t.is(stalled.filter(({ isAnswered }) => isAnswered).length, places, 'they got none of the kept places')
  t.is(stalled.filter(({ isClosed }) => isClosed).length, 0, 'none was closed for it')
})
