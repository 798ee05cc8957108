/** Options that make no sense: words that name the option, from every public function, and nothing is done. */
import test from 'ava'
import { BadOption, connect, register } from '@jwp/client'
import { ScriptedServer } from './support/scripted-server.js'

/** As a program in JavaScript would call it. */
const connectWith = (...args: unknown[]): Promise<unknown> =>
  (connect as (...args: unknown[]) => Promise<unknown>)(...args)
const registerWith = (...args: unknown[]): Promise<unknown> =>
  (register as (...args: unknown[]) => Promise<unknown>)(...args)

const servers = ['localhost:1']

const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
  [
    undefined,
    /^connect takes an object of options, such as \{"servers":\["localhost:3781"\]\}, not undefined$/,
  ],
  ['localhost:3781', /^connect takes an object of options/],
  [{}, /^servers: at least one is needed, such as servers: \['localhost:3781'\]$/],
  [{ servers: [] }, /^servers: at least one/],
  [{ servers: null }, /^servers: at least one/],
  [{ servers: 'localhost' }, /^servers: "localhost" is no address: write 'host:port' or \{ host, port \}/],
  [{ servers: 3781 }, /^servers: 3781 is no address/],
  [{ servers: [undefined] }, /^servers: undefined is no address/],
  [
    { servers: [{ host: 'localhost', port: '3781' }] },
    /^servers: \{"host":"localhost","port":"3781"\} is no/,
  ],
  [{ servers: [{ hostname: 'localhost', port: 3781 }] }, /^servers: .* is no address/],
  [{ server: 'localhost:3781' }, /^connect has no option server; it has servers, username, /],
  [{ servers, username: 7 }, /^username is a text, not 7$/],
  [{ servers, username: '' }, /^username is empty$/],
  [{ servers, username: 'aaron' }, /^secret: aaron needs one/],
  [{ servers, username: 'aaron', secret: {} }, /^secret is a text, not \{\}$/],
  [{ servers, ackLevel: 'safe' }, /^ackLevel is one of held, logged, everywhere, not "safe"$/],
  [{ servers, withinMs: '5s' }, /^withinMs is a number of milliseconds, 0 or more, not "5s"$/],
  [{ servers, withinMs: NaN }, /^withinMs .* not NaN$/],
  [{ servers, signal: {} }, /^signal is an AbortSignal, not \{\}$/],
  [{ servers, maxBuffered: 0 }, /^maxBuffered is a number, 1 or more, not 0$/],
  [{ servers, maxBufferedBytes: '1MB' }, /^maxBufferedBytes is a number/],
  [{ servers, tls: true }, /^tls is an object: \{ ca \} or \{\}, not true$/],
  [{ servers, tls: { ca: 5 } }, /^tls.ca is a certificate in PEM, not 5$/],
  [{ servers, tls: { ca: 'nonsense' } }, /^tls.ca is no certificate/],
  [{ servers, tls: { cert: 'x' } }, /^tls has no option cert; it has ca$/],
  [{ servers, presence: 'yes' }, /^presence is true or false, not "yes"$/],
  [{ servers, limits: 5 }, /^limits is an object of numbers, not 5$/],
  [{ servers, limits: { windowsize: 5 } }, /^limits has no option windowsize; it has windowSize, /],
  [{ servers, limits: { windowSize: 'x' } }, /^limits.windowSize is a number, 0 or more, not "x"$/],
]

for (const [options, says] of wrong) {
  test(`connect(${options === undefined ? '' : JSON.stringify(options)})`, async (t) => {
    await t.throwsAsync(connectWith(options), { instanceOf: BadOption, message: says })
  })
}

const wrongToRegister: readonly (readonly [options: unknown, says: RegExp])[] = [
  [undefined, /^register takes an object of options/],
  [{}, /^register needs a username: register\(/],
  [{ servers, username: 'aaron' }, /^register needs a secret/],
  [{ username: 'aaron', secret: 'x' }, /^servers: at least one is needed/],
  [{ servers, username: 'aaron', secret: 'x', withinMs: -1 }, /^withinMs is a number of milliseconds/],
  [{ servers, username: 'aaron', password: 'x' }, /^register has no option password; it has servers, /],
]

for (const [options, says] of wrongToRegister) {
  test(`register(${options === undefined ? '' : JSON.stringify(options)})`, async (t) => {
    await t.throwsAsync(registerWith(options), { instanceOf: BadOption, message: says })
  })
}

test('send and close name their bad options in the same way, and have done nothing', async (t) => {
  const server = await ScriptedServer.start()
  t.teardown(() => server.stop())
  const connection = await connect({ servers: server.address })
  t.teardown(() => connection.close({ now: true }))
  for (const [options, says] of [
    [5_000, /^send takes an object of options, such as \{"withinMs":5000\}, not 5000$/],
    [null, /^send takes an object/],
    [{ within: 5 }, /^send has no option within; it has withinMs$/],
    [{ withinMs: 'x' }, /^withinMs is a number of milliseconds/],
  ] as const)
    await t.throwsAsync(connection.send({}, options as never), { instanceOf: BadOption, message: says })
  await t.throwsAsync(connection.close({ now: 1 as never }), {
    instanceOf: BadOption,
    message: /^now is true/,
  })
  await t.throwsAsync(connection.close(null as never), { instanceOf: BadOption })
  t.like(await connection.send({ text: 'fine' }), { id: 1 })
  t.is(server.heardCommands('ACTIVITY_MESSAGE').length, 1)
})

test('one server alone need not be in a list', async (t) => {
  const server = await ScriptedServer.start()
  t.teardown(() => server.stop())
  const connection = await connect({ servers: `127.0.0.1:${server.address.port}` })
  t.is(connection.server?.port, server.address.port)
  await connection.close()
})
