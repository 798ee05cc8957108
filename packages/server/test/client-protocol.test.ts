/** The client protocol, line by line, over real sockets. */
import type { RunningServer } from '@jwp/server'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { serve, serveBelow, Talker, type Line } from './support/server-under-test.js'

for (const writeUtf of [false, true]) {
  const dialect = writeUtf ? 'writeUTF' : 'lines'

  test(`${dialect}: log in, speak, hear, log out`, async (t) => {
    const server = await serve(t)
    const [ann, bob] = [new Talker(t, server, { writeUtf }), new Talker(t, server)]
    t.deepEqual(await ann.ask({ command: 'LOGIN', username: 'anonymous' }), {
      command: 'LOGIN_SUCCESS',
      info: 'logged in as user anonymous',
    })
    await bob.loginAnonymously()
    ann.say({
      command: 'ACTIVITY_MESSAGE',
      username: 'anonymous',
      secret: null,
      activity: { text: 'grüße 🌲', authenticated_user: 'somebody else' },
    })
    for (const client of [ann, bob]) {
      t.deepEqual(await client.next(), {
        command: 'ACTIVITY_BROADCAST',
        activity: { text: 'grüße 🌲', authenticated_user: 'anonymous' },
      })
    }
    ann.say({ command: 'LOGOUT' })
    await ann.untilClosed()
    t.deepEqual(ann.lines, [], 'LOGOUT is not answered')
    t.false(bob.closed)
  })

  test(`${dialect}: register once, log in with the secret, be refused without`, async (t) => {
    const server = await serve(t)
    const client = new Talker(t, server, { writeUtf })
    t.deepEqual(await client.ask({ command: 'REGISTER', username: 'aaron', secret: 'sesame' }), {
      command: 'REGISTER_SUCCESS',
      info: 'register success for aaron',
    })
    t.is(
      (await client.ask({ command: 'LOGIN', username: 'aaron', secret: 'sesame' }))['command'],
      'LOGIN_SUCCESS',
    )
    t.is(
      (await client.ask({ command: 'LOGIN', username: 'aaron', secret: 'sesame' }))['command'],
      'LOGIN_SUCCESS',
      'again',
    )

    for (const [command, expected] of [
      [
        { command: 'REGISTER', username: 'aaron', secret: 'other' },
        { command: 'REGISTER_FAILED', info: 'aaron is already registered with the system' },
      ],
      [
        { command: 'REGISTER', username: 'anonymous', secret: 'x' },
        { command: 'REGISTER_FAILED', info: 'anonymous cannot be registered' },
      ],
      [
        { command: 'LOGIN', username: 'aaron', secret: 'wrong' },
        { command: 'LOGIN_FAILED', info: 'wrong secret for aaron' },
      ],
      [
        { command: 'LOGIN', username: 'aaron' },
        { command: 'LOGIN_FAILED', info: 'aaron needs a secret to log in' },
      ],
      [
        { command: 'LOGIN', username: 'nobody', secret: 'x' },
        { command: 'LOGIN_FAILED', info: 'nobody is not registered' },
      ],
    ] as const) {
      const other = new Talker(t, server, { writeUtf })
      t.deepEqual(await other.ask(command), expected)
      await other.untilClosed()
    }
  })
}

test('who is in as anonymous may register, and goes on as anonymous until the next LOGIN', async (t) => {
  const server = await serve(t)
  const client = await new Talker(t, server).loginAnonymously()
  t.deepEqual(await client.ask({ command: 'REGISTER', username: 'aaron', secret: 'sesame' }), {
    command: 'REGISTER_SUCCESS',
    info: 'register success for aaron',
  })
  t.like(await client.ask({ command: 'ACTIVITY_MESSAGE', activity: { a: 1 } }), {
    activity: { a: 1, authenticated_user: 'anonymous' },
  })
  const login = { command: 'LOGIN', username: 'aaron', secret: 'sesame' }
  t.like(await client.ask(login), { command: 'LOGIN_SUCCESS', info: 'logged in as user aaron' })
  t.like(await client.ask({ command: 'ACTIVITY_MESSAGE', activity: { a: 2 } }), {
    activity: { a: 2, authenticated_user: 'aaron' },
  })
  const late = await new Talker(t, server).loginAnonymously()
  t.like(await late.ask({ command: 'REGISTER', username: 'aaron', secret: 'other' }), {
    command: 'REGISTER_FAILED',
  })
  await late.untilClosed()
})

for (const secret of [7, true, { a: 1 }, ['x'], 'x'.repeat(5_000)]) {
  test(`anonymous has no secret: ${JSON.stringify(secret).slice(0, 20)} is ignored`, async (t) => {
    const server = await serve(t)
    const client = new Talker(t, server)
    const command = { command: 'LOGIN', username: 'anonymous', secret }
    t.like(await client.ask(command), { command: 'LOGIN_SUCCESS' })
    t.like(await client.ask({ ...command, command: 'ACTIVITY_MESSAGE', activity: { a: 1 } }), {
      command: 'ACTIVITY_BROADCAST',
    })
  })
}

test('the pair that was just registered logs in with the first activity', async (t) => {
  const server = await serve(t)
  const client = new Talker(t, server)
  await client.ask({ command: 'REGISTER', username: 'eve', secret: 's' })
  client.say({ command: 'ACTIVITY_MESSAGE', username: 'eve', secret: 's', activity: { n: 1 } })
  t.deepEqual(await client.next(), {
    command: 'ACTIVITY_BROADCAST',
    activity: { n: 1, authenticated_user: 'eve' },
  })
})

test('who is not who he says is told so, and goes', async (t) => {
  const server = await serve(t)
  const registered = new Talker(t, server)
  await registered.ask({ command: 'REGISTER', username: 'ann', secret: 's' })
  const cases: readonly (readonly [readonly object[], object])[] = [
    [[], { command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: {} }],
    [
      [{ command: 'LOGIN', username: 'anonymous' }],
      { command: 'ACTIVITY_MESSAGE', username: 'ann', activity: {} },
    ],
    [
      [{ command: 'LOGIN', username: 'ann', secret: 's' }],
      { command: 'ACTIVITY_MESSAGE', username: 'ann', secret: 'guess', activity: {} },
    ],
  ]
  for (const [before, command] of cases) {
    const client = new Talker(t, server)
    for (const each of before) await client.ask(each)
    t.is((await client.ask(command))['command'], 'AUTHENTICATION_FAIL')
    await client.untilClosed()
  }
})

test('commands sent in one go are answered in order, also while a secret is hashed', async (t) => {
  const server = await serve(t)
  const client = new Talker(t, server)
  client.raw(
    [
      { command: 'REGISTER', username: 'zoe', secret: 's' },
      { command: 'LOGIN', username: 'zoe', secret: 's' },
      { command: 'ACTIVITY_MESSAGE', activity: { n: 1 } },
      { command: 'ACTIVITY_MESSAGE', username: 'zoe', secret: 's', activity: { n: 2 } },
    ]
      .map((command) => JSON.stringify(command))
      .join('\r\n'),
  )
  client.socket.end()
  const commands: unknown[] = []
  while (commands.length < 4) commands.push((await client.next())['command'])
  t.deepEqual(commands, ['REGISTER_SUCCESS', 'LOGIN_SUCCESS', 'ACTIVITY_BROADCAST', 'ACTIVITY_BROADCAST'])
})

test('features that are unknown are not granted, and a plain client hears nothing of features', async (t) => {
  const server = await serve(t)
  const client = new Talker(t, server)
  const answer = await client.ask({ command: 'LOGIN', username: 'anonymous', features: ['ack', 'telepathy'] })
  t.deepEqual(answer['features'], ['ack'])
  const plain = await new Talker(t, server).ask({ command: 'LOGIN', username: 'anonymous', features: [] })
  t.deepEqual(Object.keys(plain), ['command', 'info'])
})

test('ack: ids may come out of order and again; each is broadcast once, in order', async (t) => {
  const server = await serve(t)
  const client = new Talker(t, server)
  await client.ask({ command: 'LOGIN', username: 'anonymous', features: ['ack'] })
  for (const id of [3, 1, 2, 2, 1, 3]) client.say({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })
  const seen: unknown[] = []
  let acknowledged = 0
  await eventually('all are acknowledged', () => {
    for (const line of client.lines.splice(0)) {
      if (line['command'] === 'ACTIVITY_BROADCAST') seen.push((line['activity'] as Line)['id'])
      else acknowledged = Number(line['id'])
    }
    return acknowledged === 3 && seen.length === 3 ? true : undefined
  })
  t.deepEqual(seen, [1, 2, 3])
  client.say({ command: 'ACTIVITY_MESSAGE', id: 2, activity: { id: 2 } })
  t.deepEqual(
    await client.next(),
    { command: 'ACTIVITY_ACK', id: 3, level: 'logged' },
    'an old id is acknowledged again',
  )
})

test('ack: an id far ahead, or none, is refused', async (t) => {
  const server = await serve(t)
  for (const id of [1_002, 0, -1, 1.5, '1', undefined]) {
    const client = new Talker(t, server)
    await client.ask({ command: 'LOGIN', username: 'anonymous', features: ['ack'] })
    t.is(
      (await client.ask({ command: 'ACTIVITY_MESSAGE', id, activity: {} }))['command'],
      'INVALID_MESSAGE',
      String(id),
    )
    await client.untilClosed()
  }
})

test('resume: the session goes on at another server where it stopped', async (t) => {
  const root = await serve(t)
  const child = await serveBelow(t, root)
  const before = new Talker(t, root)
  const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume', 'servers'] }
  const welcome = await before.ask(login)
  t.is(welcome['expect'], 1)
  t.deepEqual(welcome['servers'], [{ hostname: 'localhost', port: child.port }])
  before.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: { n: 1 } })
  const broadcast = await eventually('it comes back', () =>
    before.lines.find((line) => line['command'] === 'ACTIVITY_BROADCAST'),
  )
  t.like(broadcast, { publisher: welcome['publisher'], n: 1, index: Number(welcome['at']) + 1 })
  before.socket.destroy()
  const other = await new Talker(t, root).loginAnonymously()
  other.say({ command: 'ACTIVITY_MESSAGE', activity: { n: 'missed' } })
  await other.next()
  await eventually('the child has it', () =>
    child.status().log.applied === root.status().log.applied ? true : undefined,
  )

  const lineage = [[broadcast['epoch'], broadcast['index']]]
  const resume = { session: welcome['session'], publisher: welcome['publisher'], lineage }
  const after = new Talker(t, child)
  const again = await after.ask({ ...login, resume })
  t.like(again, { command: 'LOGIN_SUCCESS', expect: 2, at: broadcast['index'], session: welcome['session'] })
  t.deepEqual((await after.next())['activity'], { n: 'missed', authenticated_user: 'anonymous' })

  const thief = new Talker(t, child)
  const stolen = await thief.ask({ ...login, resume: { ...resume, session: '0'.repeat(32) } })
  t.deepEqual(stolen, { command: 'LOGIN_FAILED', info: 'that session is not yours' })
})

test('resume: a client that kept only its session goes on after what it confirmed', async (t) => {
  const server = await serve(t)
  const before = new Talker(t, server)
  const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] }
  const { session, publisher } = await before.ask(login)
  const broadcasts = (talker: Talker): Line[] =>
    talker.lines.filter((line) => line['command'] === 'ACTIVITY_BROADCAST')
  for (let id = 1; id <= 3; id++) before.say({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })
  await eventually('all come back', () => (broadcasts(before).length === 3 ? true : undefined))
  const second = broadcasts(before)[1]!
  before.say({ command: 'DELIVERED', index: second['index'] })
  before.say({ command: 'PING', nonce: 1 })
  await eventually('it is heard', () => before.lines.find((line) => line['command'] === 'PONG'))
  before.socket.destroy()

  const after = new Talker(t, server)
  t.like(await after.ask({ ...login, resume: { session, publisher } }), { at: second['index'], expect: 4 })
  t.like(await after.next(), { command: 'ACTIVITY_BROADCAST', n: 3 })
})

test('resume: what was never sent cannot be confirmed', async (t) => {
  const server = await serve(t)
  const client = new Talker(t, server)
  const { at } = await client.ask({ command: 'LOGIN', username: 'anonymous', features: ['resume'] })
  client.say({ command: 'DELIVERED', index: at })
  client.say({ command: 'PING', nonce: 7 })
  t.deepEqual(await client.next(), { command: 'PONG', nonce: 7 })
  t.is((await client.ask({ command: 'DELIVERED', index: Number(at) + 1_000 }))['command'], 'INVALID_MESSAGE')
})

test('a server that leaves tells its clients where to go, in their dialect', async (t) => {
  const root = await serve(t)
  const child = await serveBelow(t, root)
  const plain = await new Talker(t, child).loginAnonymously()
  const java = await new Talker(t, child, { writeUtf: true }).loginAnonymously()
  t.is((await child.leave()).exitCode, 0)
  t.deepEqual(await plain.next(), { command: 'REDIRECT', hostname: 'localhost', port: root.port })
  t.deepEqual(await java.next(), { command: 'REDIRECT', hostname: 'localhost', port: String(root.port) })
  await Promise.all([plain.untilClosed(), java.untilClosed()])
})

test('a line that belongs to server links is refused in words, in whatever shape it comes', async (t) => {
  const server = await serve(t)
  for (const fields of [{}, { secret: 'right' }, { secret: 7, hostname: null }, { type: 'AUTHENTICATE' }]) {
    const client = new Talker(t, server)
    t.deepEqual(await client.ask({ command: 'AUTHENTICATE', ...fields }), {
      command: 'AUTHENTICATION_FAIL',
      info: 'AUTHENTICATE is for servers, which speak net-ipc: log in with LOGIN',
    })
    await client.untilClosed()
  }
  for (const command of [
    'PROBE',
    'OFFER',
    'STATUS',
    'LOGIN_REQUEST',
    'LOGIN_ALLOWED',
    'CHECK',
    'LOG',
    'TIME',
  ]) {
    const client = new Talker(t, server)
    const answer = await client.ask({ command, secret: {}, nonce: 'x' })
    t.deepEqual(answer, { command: 'INVALID_MESSAGE', info: `unknown command "${command}"` })
    await client.untilClosed()
  }
})

test('commands that need fields, bare or with fields of other types: words, and nobody is hurt', async (t) => {
  const server = await serve(t)
  const odd = [undefined, null, 7, true, [], {}, '']
  for (const command of ['LOGIN', 'REGISTER', 'ACTIVITY_MESSAGE', 'DELIVERED', 'PING'])
    for (const value of odd) {
      const client = new Talker(t, server)
      const fields = { username: value, secret: value, activity: value, index: value }
      const answer = await client.ask({ command, ...fields })
      t.regex(String(answer['command']), /^(INVALID_MESSAGE|AUTHENTICATION_FAIL)$/)
      t.regex(String(answer['info']), /\w/)
      await client.untilClosed()
    }
  await new Talker(t, server).loginAnonymously()
})

test('who is anonymous has no secret, whatever stands there', async (t) => {
  const server = await serve(t)
  for (const secret of [7, true, {}, ['x'], 'x']) {
    const client = new Talker(t, server)
    t.deepEqual(await client.ask({ command: 'LOGIN', username: 'anonymous', secret }), {
      command: 'LOGIN_SUCCESS',
      info: 'logged in as user anonymous',
    })
    client.say({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', secret, activity: { secret: 'none' } })
    t.is((await client.next())['command'], 'ACTIVITY_BROADCAST')
  }
})

test('versions: told to who asks for features, refused in words when there is none in common', async (t) => {
  const server = await serve(t)
  const login = { command: 'LOGIN', username: 'anonymous' }
  const ask = (more: object): Promise<Line> => new Talker(t, server).ask({ ...login, ...more })
  for (const versions of [undefined, [1, 1], [1, 9], 1])
    t.is((await ask({ features: ['ack'], versions }))['version'], 1)
  t.deepEqual(await ask({ features: ['ack'], versions: [2, 3] }), {
    command: 'LOGIN_FAILED',
    info: 'no protocol version in common: this server speaks version 1, you versions 2 to 3',
  })
  t.is((await ask({ features: ['ack'], versions: 'one' }))['command'], 'INVALID_MESSAGE')
  t.deepEqual(await ask({ versions: [2, 3] }), {
    command: 'LOGIN_SUCCESS',
    info: 'logged in as user anonymous',
  })
})

/** Two servers that spread their clients, and have heard of each other's. */
async function twoThatBalance(t: ExecutionContext): Promise<[RunningServer, RunningServer]> {
  const root = await serve(t, { balance: true })
  const child = await serveBelow(t, root, { balance: true })
  // That they know of each other shows in that somebody is sent on, at its login or later.
  const probes = [1, 2, 3, 4].map(() => new Talker(t, root))
  for (const probe of probes) await probe.loginAnonymously()
  const moved = await eventually('they know of each other', () =>
    probes.find(({ lines }) => lines.some(({ command }) => command === 'REDIRECT')),
  )
  for (const probe of probes) probe.socket.destroy()
  await moved.untilClosed()
  await eventually('nobody is left', () => root.status().clients === 0 || undefined)
  return [root, child]
}

for (const first of ['REGISTER', 'LOGIN'] as const) {
  test(`whoever ends its connection after ${first} and comes again at once is not sent on`, async (t) => {
    const [root] = await twoThatBalance(t)
    for (let k = 0; k < 8; k++) {
      const secret = 'sesame'
      const before = new Talker(t, root)
      const username = first === 'LOGIN' ? 'anonymous' : `user${k}`
      t.like(await before.ask({ command: first, username, secret }), { command: `${first}_SUCCESS` })
      before.socket.end()
      const again = new Talker(t, root)
      t.like(await again.ask({ command: 'LOGIN', username, secret }), { command: 'LOGIN_SUCCESS' })
      // A redirect would come instead of what is sent.
      again.say({ command: 'ACTIVITY_MESSAGE', activity: { k } })
      t.is((await again.next())['command'], 'ACTIVITY_BROADCAST')
      again.say({ command: 'LOGOUT' })
      await eventually('it is gone', () => root.status().clients === 0 || undefined)
    }
  })
}

test('who only registers keeps nobody away', async (t) => {
  const [root] = await twoThatBalance(t)
  for (let k = 0; k < 3; k++) {
    const registering = new Talker(t, root)
    await registering.ask({ command: 'REGISTER', username: `user${k}`, secret: 'sesame' })
  }
  const client = await new Talker(t, root).loginAnonymously()
  client.say({ command: 'ACTIVITY_MESSAGE', activity: { k: 1 } })
  t.is((await client.next())['command'], 'ACTIVITY_BROADCAST')
})
