/**
 * Servers, tools and clocks of another version, as their wire shows them: refused in words, and no process tries in an
 * endless loop.
 */
import { defaultAdmissionLimits, dialLink, eventually, freePort, type Link, SharedPort } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

/** What a server says that knows nothing of versions, as before there were any. */
const oldQuestion = {
  type: 'AUTHENTICATE',
  secret: 'aaa',
  mysecret: 'old',
  name: 'old',
  hostname: 'localhost',
  port: 1,
  id: 'old#1',
  lineage: [],
  base: 0,
  length: 0,
  size: 1,
  sinceMs: 0,
  root: false,
  dry: false,
}

interface Answer {
  readonly type: string
  readonly info?: string
}

function answerTo(t: ExecutionContext, port: number, question: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    dialLink(
      { host: '127.0.0.1', port },
      {
        onOpen: (link) => {
          t.teardown(() => link.close())
          link.onMessages = ([answer]) => resolve(answer as Answer)
          link.onClosed = (info) => reject(new Error(`closed without a word: ${info}`))
          link.send(question)
          link.flush()
        },
        onFailure: (_why, info) => reject(new Error(info)),
      },
    )
  })
}

/** Something that answers links as `answer` says, and counts what it is asked. */
async function pretend(
  t: ExecutionContext,
  answer: (message: { type: string; dry?: boolean }) => object,
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const listener = await SharedPort.listen(
    { port: 0, host: '127.0.0.1', tls: undefined, admission: defaultAdmissionLimits },
    {
      onLink: (link: Link) => {
        link.onMessages = (messages) => {
          for (const message of messages as { type: string; dry?: boolean }[]) {
            asked.push(message.type)
            link.send(answer(message))
          }
          link.flush()
        }
      },
      onRefusedLink: () => undefined,
      onLines: (connection) => connection.close(),
      onHttp: (_request, response) => response.writeHead(404).end(),
    },
  )
  t.teardown(() => listener.close())
  return { port: listener.port, asked }
}

test('an old server, tool or root that asks a new one is refused in words', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a')
  for (const question of [
    oldQuestion,
    { ...oldQuestion, versions: [1, 1] },
    { ...oldQuestion, versions: [7, 9] },
    { type: 'STATUS', secret: 'aaa' },
    { type: 'OFFER', secret: 'aaa', clients: 5, count: 5 },
    {
      type: 'PROBE',
      secret: 'aaa',
      id: 'old#1',
      address: { name: 'old', host: 'localhost', port: 1, secret: 'old' },
      length: 9,
      size: 1,
      sinceMs: 0,
    },
  ]) {
    const answer = await answerTo(t, port, question)
    t.is(answer.type, 'AUTHENTICATION_FAIL')
    t.regex(answer.info!, /^no protocol version in common: this server speaks version 2, you /)
  }
  const status = (await network.status('a'))!
  t.like(status, { version: '0.1.0', protocol: [2, 2] })
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  t.regex(metrics, /jwp_version_info\{version="0\.1\.0",protocol_oldest="2",protocol_newest="2"\} 1/)
  const tree = network.start('tree', 0, ['tree', `localhost:${port}`, '-s', 'aaa'])
  t.is(await tree.ended, 0)
  t.regex(tree.printed(), /jwp 0\.1\.0, protocol 2/)
  const json = network.start('tree', 0, ['tree', `localhost:${port}`, '-s', 'aaa', '--json'])
  t.is(await json.ended, 0)
  t.like((JSON.parse(json.printed()) as { servers: object[] }).servers[0], {
    version: '0.1.0',
    protocol: [2, 2],
  })
})

test('a new server or tool that comes to an old one ends with words and exit code 4', async (t) => {
  const network = new RealNetwork(t)
  const old = await pretend(t, ({ type }) =>
    type === 'STATUS' ? { type: 'STATUS_RESULT', status: {} } : { type: 'REFUSE', why: 'rooted' },
  )
  const argv = ['server', '-lp', String(await freePort()), '-rp', String(old.port), '-s', 'aaa', '-ms', 'bbb']
  const server = network.start('b', 0, argv)
  t.is(await server.ended, 4)
  t.regex(server.printed(), /no protocol version in common: this server speaks version 2, that one/)
  t.true(old.asked.length <= 2, `asked ${old.asked.length} times`)
  const tree = network.start('tree', 0, ['tree', `localhost:${old.port}`, '-s', 'aaa'])
  t.is(await tree.ended, 4)
  t.regex(tree.printed(), /no protocol version in common: this jwp speaks version 2, that server/)
})

test('a clock of another version: hybrid time, and the log says why', async (t) => {
  const network = new RealNetwork(t)
  const old = await pretend(t, (message) => ({
    ...message,
    type: 'GRANT',
    start: 2 ** 50,
    versions: undefined,
  }))
  network.clockPlaces = `127.0.0.1:${old.port}`
  const server = await network.startServer('a')
  // A client publishes: the message needs a timestamp.
  const client = new LineClient(t, server.port)
  await client.ask({ command: 'LOGIN', username: 'anonymous' })
  client.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'hello' } })
  await eventually(
    'the log says why',
    () =>
      /no protocol version in common: this server speaks version 1, the clock/.test(server.printed()) ||
      undefined,
  )
  // Answers are shared for a tenth of a second: one may be older than the line in the log.
  await eventually('the status says so', async () =>
    (await network.status('a'))?.clock.mode === 'hybrid' ? true : undefined,
  )
  const clock = await network.startClock()
  const answer = await answerTo(t, clock.port, { type: 'TIME', nonce: 1, count: 1, atLeast: 0 })
  t.is(answer.type, 'TIME_REFUSED')
  t.regex(answer.info!, /no protocol version in common: this clock speaks version 1, the server/)
})
