/** `jwp client` in pipes, on real servers. */
import test, { type ExecutionContext } from 'ava'
import { freePorts, waitUntil } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'

/** A session with one server; gives its port too. */
async function oneServer(t: ExecutionContext): Promise<[JwpSession, number]> {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [port, clock] = await freePorts(2)
  await jwp.startUntil(`server -lp ${port} --clock localhost:${clock}`, /root of the tree/)
  return [jwp, port!]
}

interface Line {
  readonly user: string
  readonly index: number
  readonly activity: Record<string, unknown>
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

test.serial(
  'C2: no -u is anonymous, -u alone registers and shows the secret once, both log in',
  async (t) => {
    const [jwp, port] = await oneServer(t)
    const nameless = await jwp.run(`client -rp ${port}`, {}, '{"text":"hello"}\n')
    t.is(nameless.exitCode, 0)
    t.deepEqual(
      linesOf(nameless.stdout).map(({ user, activity }) => [user, activity]),
      [['anonymous', { text: 'hello', authenticated_user: 'anonymous' }]],
    )

    const registering = await jwp.run(`client -rp ${port} -u aaron`, {}, '{"text":"mine"}\n')
    t.is(registering.exitCode, 0)
    t.is(linesOf(registering.stdout)[0]?.user, 'aaron')
    const secret = /^registered aaron with the secret (\S+)$/m.exec(registering.stderr)?.[1]
    t.truthy(secret)
    t.notRegex(registering.stdout, new RegExp(secret!))

    const loggedIn = await jwp.run(`client -rp ${port} -u aaron -s ${secret}`, {}, '{"text":"again"}\n')
    t.is(loggedIn.exitCode, 0)
    t.is(linesOf(loggedIn.stdout)[0]?.user, 'aaron')
    t.notRegex(loggedIn.stderr, /secret/)

    const taken = await jwp.run(`client -rp ${port} -u aaron`)
    t.is(taken.exitCode, 4)
    t.regex(taken.stderr, /error: aaron is already registered with the system\ntry: -u aaron -s <secret>/)
    const unknown = await jwp.run(`client -rp ${port} -u zoe -s wrong`)
    t.is(unknown.exitCode, 4)
    t.regex(
      unknown.stderr,
      /^error: zoe is not registered\ntry: .*-u zoe and no secret, which registers the name/,
    )
    const wrong = await jwp.run(`client -rp ${port} -u aaron -s wrong`)
    t.is(wrong.exitCode, 4)
    t.regex(wrong.stderr, /^error: .*\ntry: -s with the secret/)
  },
)

test.serial('no process there, and a process there that is no server', async (t) => {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [unused, clock] = await freePorts(2)
  const alone = await jwp.run(`client -rp ${unused}`)
  t.is(alone.exitCode, 5)
  t.regex(alone.stderr, /^error: no server listens at localhost:\d+\ntry: .*jwp server -lp/)
  await jwp.startUntil(`clock -lp ${clock}`, /listening on port/)
  const misled = await jwp.run(`client -rp ${clock}`)
  t.is(misled.exitCode, 4)
  t.regex(misled.stderr, /^error: .*a clock answers GET_TIME only\ntry: the port of a server/)
  const drawn = await jwp.run(`tree localhost:${clock} -s x`)
  t.is(drawn.exitCode, 5)
  t.regex(drawn.stderr, /^error: localhost:\d+ is a clock, no JWP server\ntry: jwp tree with the address/)
  const [port] = await freePorts(1)
  await jwp.startUntil(`server -lp ${port} -rp ${clock} -s x`, /is a clock; servers listen at other ports/)
})

test.serial('a long input is published whole and in order, and a listener gets it', async (t) => {
  const [jwp, port] = await oneServer(t)
  const listener = jwp.start(`client -rp ${port} --count 3000`)
  await jwp.runUntil('tree', /1 client/)
  const input = Array.from({ length: 3_000 }, (_, at) => `{"n":${at + 1}}\n`).join('')
  const publisher = await jwp.run(`client -rp ${port}`, {}, input)
  t.is(publisher.exitCode, 0)
  const numbers = Array.from({ length: 3_000 }, (_, at) => at + 1)
  t.deepEqual(
    linesOf(publisher.stdout).map(({ activity }) => activity['n']),
    numbers,
  )
  const heard = await listener.ended
  t.is(heard.exitCode, 0)
  t.deepEqual(
    linesOf(heard.stdout).map(({ activity }) => activity['n']),
    numbers,
  )
})

test.serial(
  'a line that is no JSON object is named, the others go out, and the exit code tells',
  async (t) => {
    const [jwp, port] = await oneServer(t)
    const mixed = await jwp.run(`client -rp ${port}`, {}, 'nonsense\n\n{"a":1}\n[2]\n')
    t.is(mixed.exitCode, 1)
    t.regex(mixed.stderr, /^line 1 is no JSON object and was not published\nline 4 is no JSON object/)
    t.is(linesOf(mixed.stdout).length, 1)
  },
)

test.serial('--presence prints users who come and go as lines of their own', async (t) => {
  const [jwp, port] = await oneServer(t)
  const follower = jwp.start(`client -rp ${port} --listen --presence`)
  await jwp.runUntil('tree', /1 client/)
  t.is((await jwp.run(`client -rp ${port} -u aaron`, {}, '{"text":"hello"}\n')).exitCode, 0)
  const hasGone = (): boolean => follower.printed().includes('"online":false')
  t.not(await waitUntil(hasGone, { everyMs: 20, limitMs: 30_000 }), undefined, follower.printed())
  const lines = linesOf(follower.printed()) as (Line & { presence?: { username: string; online: boolean } })[]
  t.deepEqual(
    lines.flatMap(({ presence }) => (presence ? [[presence.username, presence.online]] : [])),
    [
      ['aaron', true],
      ['aaron', false],
    ],
  )
  t.deepEqual(
    lines.flatMap(({ presence, activity }) => (presence ? [] : [activity['text']])),
    ['hello'],
  )
})
