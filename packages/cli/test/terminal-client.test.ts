/** `jwp client` on a terminal, as a person sees it: in a pseudo-terminal of `script`, on a real server. */
import test, { type ExecutionContext } from 'ava'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { freePorts } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'
import { TerminalSession } from './support/terminal-session.js'

async function begin(t: ExecutionContext, columns: number): Promise<[JwpSession, number, TerminalSession]> {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [port, clock] = await freePorts(2)
  await jwp.startUntil(`server -lp ${port} --clock localhost:${clock}`, /root of the tree/)
  const terminal = new TerminalSession(['client', '-rp', String(port)], {
    columns,
    environment: { JWP_RUNTIME_DIR: jwp.folder },
  })
  t.teardown(() => terminal.close())
  await terminal.shows(/Type to publish/)
  return [jwp, port!, terminal]
}

test('a slash is a command, what starts like JSON and is none is asked about, and nothing else is published', async (t) => {
  const [jwp, port, terminal] = await begin(t, 100)
  const listener = jwp.start(`client -rp ${port} --count 4`)
  await jwp.runUntil('tree', /2 clients/)
  terminal.type('/help\r')
  await terminal.shows(/· \/who +the users that are connected/)
  terminal.type('/who\r')
  await terminal.shows(/· here: no named users/)
  terminal.type('/hlep\r')
  await terminal.shows(/no command \/hlep: did you mean \/help\?/)
  terminal.type('//help\r')
  await terminal.shows(/anonymous \/help$/m)
  terminal.type('{"broken json\r')
  await terminal.shows(/publish it as text\? \(y\/n\)/)
  terminal.type('perhaps\r')
  await terminal.shows(/· y or n\?/)
  terminal.type('y\r')
  await terminal.shows(/anonymous \{"broken json$/m)
  terminal.type('[1,2]\r')
  await terminal.shows(/no JSON object: \[1,2\]/)
  terminal.type('n\r')
  // Given back, to be corrected.
  await terminal.shows(/^anonymous> \[1,2\]$/m)
  terminal.type('\u0015{"a":[1,2]}\r')
  await terminal.shows(/anonymous \{"a":\[1,2\]\}$/m)
  terminal.type('bye\r')
  await terminal.shows(/anonymous bye$/m)
  terminal.type('/quit\r')
  t.is(await terminal.ended, 0)
  const heard = (await listener.ended).stdout.trimEnd().split('\n')
  t.deepEqual(
    heard.map((line) => (JSON.parse(line) as { activity: unknown }).activity),
    [{ text: '/help' }, { text: '{"broken json' }, { a: [1, 2] }, { text: 'bye' }].map((activity) => ({
      ...activity,
      authenticated_user: 'anonymous',
    })),
  )
})

test('what others say leaves nothing of a long typed line behind', async (t) => {
  const [jwp, port, terminal] = await begin(t, 40)
  const typed = 'a line that is longer than this terminal is wide, and then some more of it'
  terminal.type(typed)
  await terminal.shows(/some more\s+of it/)
  for (const text of ['one', 'two', 'three']) {
    await jwp.run(`client -rp ${port}`, {}, `{"text":"${text}"}\n`)
    await terminal.shows(new RegExp(`anonymous ${text}$`, 'm'))
  }
  t.is(terminal.text().split('anonymous> ').length, 2, terminal.text())
  t.is(terminal.text().split('wide, and then').length, 2, terminal.text())
  terminal.type('\r')
  await terminal.shows(/anonymous a line that/)
  t.is(terminal.text().split('anonymous> ').length, 1, terminal.text())
  terminal.type('\u0004')
  t.is(await terminal.ended, 0)
})

test('the host that a server sends the client to is shown with what cannot be seen in it', async (t) => {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [port, clock] = await freePorts(2)
  await jwp.startUntil(`server -lp ${port} --clock localhost:${clock}`, /root of the tree/)
  // As a name it is the same: what has no width does not count there.
  const hostname = 'local\u200bhost'
  const sender = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(`${JSON.stringify({ command: 'REDIRECT', hostname, port })}\n`))
  })
  sender.listen(0, '127.0.0.1')
  t.teardown(() => sender.close())
  await once(sender, 'listening')
  const terminal = new TerminalSession(
    ['client', '-rh', '127.0.0.1', '-rp', String((sender.address() as AddressInfo).port)],
    { columns: 100, environment: { JWP_RUNTIME_DIR: jwp.folder } },
  )
  t.teardown(() => terminal.close())
  await terminal.shows(/at local\\u200bhost:\d+\. Type to publish/)
  t.notRegex(terminal.text(), /\u200b/)
  terminal.type('\u0004')
  t.is(await terminal.ended, 0)
})
