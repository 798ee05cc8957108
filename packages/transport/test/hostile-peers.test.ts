/** What unauthenticated peers can do to a link's port: nothing that lasts, and nothing to other peers. */
import { defaultLinkLimits, type Link, until } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { handshake, frame, json, message, packed } from './support/net-ipc-words.js'
import { RawClient } from './support/raw-client.js'
import { ask, dial, echoLink, testPort } from './support/test-port.js'

const limits = {
  ...defaultLinkLimits,
  unauthenticatedFrameBytes: 65_536,
  maxFrameBytes: 262_144,
  lingerMs: 20,
}

/** Port, its links, why they closed, and an honest link that must not notice anything. */
async function victim(t: ExecutionContext, own: Partial<typeof limits> = {}) {
  const closed: string[] = []
  const links: Link[] = []
  const port = await testPort(
    t,
    {
      onLink: (link) => {
        links.push(link)
        echoLink(link)
        link.onClosed = (info) => closed.push(info)
      },
    },
    { linkLimits: { ...limits, ...own } },
  )
  const honest = await dial(port.port)
  t.is(await ask(honest, 1), 1)
  return { port, closed, links, honest }
}

const nested = (depth: number): Buffer => {
  const header = Buffer.from([0xdd, 0x01, 0xc9, 0xc3, 0x80])
  return Buffer.concat([
    Buffer.from([0x82, 0xa1, 0x74, 0x01, 0xa1, 0x64]),
    ...Array.from({ length: depth }, () => header),
  ])
}

/** After `IPC`, before any agreement. */
const badHandshakes: readonly (readonly [string, Buffer])[] = [
  ['a message before the handshake', json({ t: 1, d: ['hello'] })],
  ['a handshake that is no JSON', frame(Buffer.from('{{{{'))],
  ['a handshake without MessagePack', json({ t: 0, d: { messagepack: false } })],
  ['a handshake without content', json({ t: 0, d: null })],
  ['a handshake that is a text', json('hello')],
  ['a handshake that is null', json(null)],
  ['a handshake of a gigabyte', frame(Buffer.from('{'), 2 ** 30)],
  ['a length that never ends', Buffer.alloc(64, 0x01)],
  ['a length of nothing but zeros', Buffer.concat([Buffer.alloc(40), Buffer.from([0x81])])],
  ['an empty frame', Buffer.from([0x80, 0x80])],
]

for (const [what, bytes] of badHandshakes) {
  test(`${what}: the socket is destroyed, no other peer notices`, async (t) => {
    const { port, closed, honest } = await victim(t)
    const peer = new RawClient(t, port.port)
    await peer.write('IPC', bytes)
    await until(() => peer.isClosed || peer.hasEnded)
    await until(() => port.connectionCount === 1)
    t.is(await ask(honest, 2), 2)
    t.deepEqual(closed, [])
  })
}

/** After a proper handshake. */
const badFrames: readonly (readonly [string, Buffer, RegExp])[] = [
  [
    'a frame that announces more than an unauthenticated peer may send',
    frame(Buffer.alloc(1), 65_537),
    /longer than 65536/,
  ],
  ['a frame of a terabyte', frame(Buffer.alloc(1), 2 ** 40), /longer than/],
  ['a length that never ends', Buffer.alloc(64, 0x01), /not a net-ipc frame/],
  ['arrays that announce gigabytes', frame(nested(1_000)), /announces more than it holds/],
  ['bytes that are no MessagePack', frame(Buffer.from([0xc1, 0xc1])), /frame/],
  [
    'a regular expression',
    frame(Buffer.from([0xc7, 0x05, 0x78, 0x92, 0xa1, 0x61, 0xa0, 0x00])),
    /types of no message/,
  ],
  ['two values in one frame', frame(Buffer.from([0x01, 0x02])), /does not end with its value/],
  [
    'a list for a key',
    frame(Buffer.from([0x82, 0xa1, 0x74, 1, 0xa1, 0x64, 0x91, 0x81, 0x90, 1])),
    /cannot be unpacked/,
  ],
  ['a PING, which net-ipc would echo', packed({ t: 4, d: 'x'.repeat(1_000), n: 'a' }), /no message/],
  ['a REQUEST', packed({ t: 2, d: 1, n: 'a' }), /no message/],
  ['a RESPONSE to nothing', packed({ t: 3, d: 1, n: '__proto__' }), /no message/],
  ['a second handshake', packed({ t: 0, d: { id: 'x', messagepack: true } }), /no message/],
  ['a packet without a type', packed({ d: ['x'] }), /no message/],
  ['a packet that is nothing', packed(null), /no message/],
  ['a message that is no list', packed({ t: 1, d: 'x' }), /no list/],
]

for (const [what, bytes, info] of badFrames) {
  test(`${what}: the link is closed with the reason, no other peer notices`, async (t) => {
    const { port, closed, honest } = await victim(t)
    const peer = new RawClient(t, port.port)
    await peer.write(handshake, bytes)
    await until(() => closed.length === 1)
    t.regex(closed[0]!, info)
    await until(() => port.connectionCount === 1)
    t.is(await ask(honest, 2), 2)
  })
}

test('a frame in single bytes arrives whole; a good frame before a bad one is handled', async (t) => {
  const { port, closed } = await victim(t)
  const peer = new RawClient(t, port.port)
  await peer.write(...[...handshake, ...message('hello')].map((byte) => Buffer.from([byte])))
  await until(() => peer.text.includes('hello'))
  await peer.write(Buffer.concat([message('good'), packed({ t: 4 })]))
  await until(() => closed.length === 1)
  t.pass()
})

test('after trust, frames may be longer', async (t) => {
  const { port, closed, links } = await victim(t)
  const peer = new RawClient(t, port.port)
  await peer.write(handshake)
  await until(() => links.length === 2)
  links[1]!.trust()
  await peer.write(message('y'.repeat(200_000)))
  await until(() => peer.text.includes('y'.repeat(100_000)))
  t.deepEqual(closed, [])
  await peer.write(frame(Buffer.alloc(1), 300_000))
  await until(() => closed.length === 1)
  t.regex(closed[0]!, /longer than 262144/)
})

test('a handshake that never comes does not hold its socket', async (t) => {
  const { port } = await victim(t, { handshakeTimeoutMs: 30 })
  const peer = new RawClient(t, port.port)
  await peer.write('IPC')
  await until(() => peer.isClosed || peer.hasEnded)
  await until(() => port.connectionCount === 1)
  t.pass()
})

for (const [when, words] of [
  ['before the handshake', [Buffer.from('IPC')]],
  ['inside the handshake', [handshake.subarray(0, 10)]],
  ['inside a frame', [handshake, message('z'.repeat(50)).subarray(0, 20)]],
] as const) {
  test(`a peer that ends ${when} is forgotten, and so is one that resets`, async (t) => {
    const { port, honest } = await victim(t)
    const ends = new RawClient(t, port.port)
    const resets = new RawClient(t, port.port)
    await ends.write(...words)
    await resets.write(...words)
    ends.end()
    resets.socket.resetAndDestroy()
    await until(() => port.connectionCount === 1)
    t.is(await ask(honest, 3), 3)
  })
}

test('a peer that reads nothing cannot hold a link that we close', async (t) => {
  const { port, links } = await victim(t)
  const peer = new RawClient(t, port.port)
  peer.socket.pause()
  await peer.write(handshake)
  await until(() => links.length === 2)
  const link = links[1]!
  while (!link.blocked) {
    link.send(Buffer.alloc(1_048_576))
    link.flush()
    await new Promise(setImmediate)
  }
  link.close()
  await until(() => port.connectionCount === 1)
  t.pass()
})

test('whatever bytes come after whatever beginning, the others do not notice', async (t) => {
  const { port, honest } = await victim(t, { handshakeTimeoutMs: 50 })
  const beginning = fc.constantFrom(
    ...['', 'IPC', 'GET / HTTP/1.1\r\n', '{"command":', '\x00\x09'].map((text) =>
      Buffer.from(text, 'latin1'),
    ),
    handshake,
    Buffer.concat([handshake, message('a')]),
  )
  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.uint8Array({ maxLength: 60 }),
      fc.boolean(),
      async (first, rest, resets) => {
        const peer = new RawClient(t, port.port)
        await peer.write(Buffer.concat([first, rest]))
        if (resets) peer.socket.resetAndDestroy()
        else peer.end()
        await until(() => port.connectionCount === 1)
      },
    ),
    { numRuns: 100 },
  )
  t.is(await ask(honest, 'still here'), 'still here')
})
