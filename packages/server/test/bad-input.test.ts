/** Whatever anybody sends: a clear answer for him, nothing for anybody else, and bounded memory. */
import test, { type ExecutionContext } from 'ava'
import { serverProtocolVersions, toWire } from '@jwp/protocol'
import { dialLink, eventually, type Link } from '@jwp/transport'
import type { RunningServer } from '@jwp/server'
import { authenticate } from './support/authenticate.js'
import { address } from './support/make-core.js'
import { serve, serveBelow, Talker } from './support/server-under-test.js'

/** A client that must not notice any of it. */
async function witness(t: ExecutionContext, server: RunningServer): Promise<() => Promise<void>> {
  const client = await new Talker(t, server).loginAnonymously()
  let n = 0
  return async () => {
    client.say({ command: 'ACTIVITY_MESSAGE', activity: { n: ++n } })
    t.deepEqual((await client.next())['activity'], { n, authenticated_user: 'anonymous' })
  }
}

const deep = (depth: number): string => `{"command":"X","a":${'['.repeat(depth)}${']'.repeat(depth)}}\n`

const badLines: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['no JSON', 'hello\n', /JSON parse error/],
  ['something like HTTP', 'GETTING somewhere\n', /JSON parse error/],
  ['half an object', '{"command":"LOGIN"\n', /JSON parse error/],
  ['no object', '[1,2,3]\n', /did not contain a command/],
  ['null', 'null\n', /did not contain a command/],
  ['no command', '{"username":"x"}\n', /did not contain a command/],
  ['a command that is no text', '{"command":7}\n', /did not contain a command/],
  ['an unknown command', '{"command":"DANCE"}\n', /unknown command "DANCE"/],
  ['a name from the prototype', '{"command":"constructor"}\n', /unknown command/],
  ['a feature command without the feature', '{"command":"PING"}\n', /unknown command "PING"/],
  ['LOGIN without a name', '{"command":"LOGIN"}\n', /did not contain a username/],
  ['a name that is no text', '{"command":"LOGIN","username":{}}\n', /did not contain a username/],
  ['a name too long', `{"command":"LOGIN","username":"${'x'.repeat(100_000)}"}\n`, /at most 128/],
  ['a secret that is no text', '{"command":"LOGIN","username":"a","secret":{}}\n', /secret must be a string/],
  ['features that are no list', '{"command":"LOGIN","username":"anonymous","features":"ack"}\n', /features/],
  [
    'an unknown level',
    '{"command":"LOGIN","username":"anonymous","ackLevel":"carved in stone"}\n',
    /ackLevel/,
  ],
  [
    'a resume that is none',
    '{"command":"LOGIN","username":"anonymous","features":["resume"],"resume":[]}\n',
    /resume/,
  ],
  [
    'a lineage that falls',
    `{"command":"LOGIN","username":"anonymous","resume":{"session":"${'0'.repeat(32)}","publisher":"p","lineage":[["1.a",5],["2.b",4]]}}\n`,
    /lineage/,
  ],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d, 0x0a]), /JSON parse error/],
  ['deep nesting', deep(100_000), /nested deeper than 128/],
  ['a line without an end', 'x'.repeat(2_000_000), /longer than 1048576 bytes/],
]

for (const [story, bytes, words] of badLines) {
  test(`a client sends ${story}`, async (t) => {
    const server = await serve(t)
    const unharmed = await witness(t, server)
    const client = new Talker(t, server)
    client.raw(bytes)
    const { command, info } = await client.next()
    t.is(command, 'INVALID_MESSAGE')
    t.regex(String(info), words)
    await client.untilClosed()
    await unharmed()
  })
}

test('logged in, activities that are none are refused', async (t) => {
  const server = await serve(t)
  const unharmed = await witness(t, server)
  for (const activity of [undefined, null, 'text', 7, ['list']]) {
    const client = await new Talker(t, server).loginAnonymously()
    const answer = await client.ask({ command: 'ACTIVITY_MESSAGE', activity })
    t.is(answer['command'], 'INVALID_MESSAGE', JSON.stringify(activity))
    await client.untilClosed()
  }
  const late = new Talker(t, server)
  await late.ask({ command: 'REGISTER', username: 'x', secret: 'y' })
  await late.ask({ command: 'LOGIN', username: 'x', secret: 'y' })
  t.regex(
    String((await late.ask({ command: 'REGISTER', username: 'z', secret: 'y' }))['info']),
    /REGISTER after login/,
  )
  await unharmed()
})

test('a connection that breaks off in the middle of a line costs nothing', async (t) => {
  const server = await serve(t)
  const unharmed = await witness(t, server)
  const client = new Talker(t, server)
  client.raw('{"command":"LOG')
  client.socket.resetAndDestroy()
  await eventually('it is forgotten', () => (server.status().clients === 1 ? true : undefined))
  await unharmed()
})

test('ids behind a gap that is never filled stop nobody, and go with their session', async (t) => {
  const server = await serve(t)
  const unharmed = await witness(t, server)
  for (let k = 0; k < 20; k++) {
    const client = new Talker(t, server)
    await client.ask({ command: 'LOGIN', username: 'anonymous', features: ['ack'] })
    for (let id = 2; id <= 1_000; id++) client.say({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })
    client.say({ command: 'PING', nonce: k })
    await eventually('all of it is read', () => client.lines.find((line) => line['command'] === 'PONG'))
    client.socket.destroy()
  }
  await eventually('they are gone', () => (server.status().clients === 1 ? true : undefined))
  t.is(server.status().pending, 0)
  await unharmed()
})

test('a client that does not read costs no memory, and gets everything when it does', async (t) => {
  const server = await serve(t)
  const lazy = await new Talker(t, server).loginAnonymously()
  lazy.socket.pause()
  const busy = await new Talker(t, server).loginAnonymously()
  const count = 4_000
  const text = 'x'.repeat(4_000)
  for (let n = 1; n <= count; n++) busy.say({ command: 'ACTIVITY_MESSAGE', activity: { n, text } })
  await eventually(
    'the other one has everything',
    () => (busy.lines.length >= count ? true : undefined),
    60_000,
  )
  lazy.socket.resume()
  await eventually(
    'the lazy one has everything, too',
    () => (lazy.lines.length >= count ? true : undefined),
    60_000,
  )
  t.deepEqual(
    lazy.lines.map((line) => (line['activity'] as { n: number }).n),
    Array.from({ length: count }, (_, i) => i + 1),
  )
})

function dial(
  t: ExecutionContext,
  { port }: RunningServer,
): Promise<{ link: Link; messages: unknown[]; closed: () => true | undefined }> {
  return new Promise((resolve, reject) => {
    dialLink(
      { host: 'localhost', port },
      {
        onOpen: (link) => {
          const messages: unknown[] = []
          let closed = false as boolean
          link.onMessages = (more) => messages.push(...more)
          link.onClosed = () => (closed = true)
          t.teardown(() => {
            link.close()
          })
          resolve({ link, messages, closed: () => closed || undefined })
        },
        onFailure: (_why, info) => {
          reject(new Error(info))
        },
      },
    )
  })
}

const probe = {
  type: 'PROBE',
  versions: serverProtocolVersions,
  id: 'x#1',
  address: { name: 'x', host: 'localhost', port: 1, secret: 'x' },
  length: 0,
  size: 1,
  sinceMs: 0,
}

test('a server with a wrong secret learns nothing but that', async (t) => {
  const server = await serve(t, { secret: 'right' })
  const unharmed = await witness(t, server)
  for (const message of [
    { ...probe, secret: 'wrong' },
    { type: 'STATUS', versions: serverProtocolVersions, secret: '' },
    { type: 'STATUS', secret: '' },
  ]) {
    const { link, messages, closed } = await dial(t, server)
    link.send(message)
    link.flush()
    await eventually('the link closes', closed)
    t.deepEqual(messages, [{ type: 'AUTHENTICATION_FAIL', info: 'wrong secret' }])
  }
  t.is(server.status().contacts, 0, 'and nothing of what it sent is kept')
  await unharmed()
})

test('the first message must be one that may come first; nonsense closes only its own link', async (t) => {
  const server = await serve(t, { secret: 'right' })
  const unharmed = await witness(t, server)
  for (const message of [
    { type: 'ACK', index: 5 },
    {
      type: 'LOG',
      from: 1,
      commit: 1,
      ack: true,
      block: { runs: [], lengths: [], bodies: Buffer.alloc(0), epochs: [], timestamps: [] },
    },
    { type: 'NO_SUCH_THING' },
    { type: 'STATUS', secret: 7 },
    { type: 'UP', batch: 1, block: { runs: [['p', 0, 1, 1e9]], lengths: [], bodies: Buffer.alloc(0) } },
    'text',
    null,
  ]) {
    const { link, closed } = await dial(t, server)
    link.send(message)
    link.flush()
    await eventually(`${JSON.stringify(message)} closes the link`, closed)
  }
  await unharmed()
})

test('a server that asks for a place under itself is refused', async (t) => {
  const root = await serve(t, { secret: 'right' })
  const child = await serveBelow(t, root)
  const { id } = root.status()
  const asked = authenticate(address('elsewhere'), { secret: child.address.secret, mysecret: 'right', id })
  const { link, messages } = await dial(t, child)
  // The root is asked. On a busy machine it may be too late: then whoever asks hears nothing, and asks again.
  const answer = await eventually('an answer', () => {
    link.send(toWire(asked))
    link.flush()
    return messages[0]
  })
  t.deepEqual(answer, { type: 'REFUSE', version: serverProtocolVersions[1], why: 'cycle' })
})
