/** What can be at the other end of `--peers`, besides an etcd that is well. (With a real one: `test/scenarios/clocks.test.ts`.) */
import test, { type ExecutionContext } from 'ava'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EtcdRecord, EtcdTrouble } from '#dist/shell/etcd/etcd-record.js'
import type { LeaseRecord } from '@jwp/clock-server/core'

const record: LeaseRecord = {
  leader: 'alpha:1#x',
  place: { host: 'alpha', port: 1 },
  leaseMs: 1_000,
  ceiling: 2 ** 50,
  released: false,
}
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const saying =
  (text: string, code = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(code).end(text)

const at = (endpoints: readonly string[], timeoutMs = 5_000): EtcdRecord =>
  new EtcdRecord({ endpoints, key: 'k', timeoutMs })

const header = { cluster_id: '5', revision: '9' }
const kvs = (value: unknown, revision = '7'): string =>
  JSON.stringify({ header, kvs: [{ mod_revision: revision, value: base64(value) }] })

const cases: readonly [string, RequestListener, RegExp][] = [
  ['a page that is not there', saying('not found', 404), /does not serve as an etcd: HTTP 404/],
  ['an answer that says nothing', saying('{}'), /does not say which etcd it is/],
  ['null', saying('null'), /does not say which etcd it is/],
  ['a page for people', saying('<html>'), /does not serve as an etcd: no JSON/],
  [
    'words of an etcd in trouble',
    saying('{"message":"etcdserver: no leader","code":14}', 503),
    /: etcdserver: no leader/,
  ],
  ['a record without a revision', saying(kvs(record, 'many')), /answer has no revision/],
  [
    'a record of another program',
    saying(kvs({ a: 1 })),
    /under k was written by no clock .*leader is not a text/,
  ],
  [
    'a record that is cut off',
    saying(JSON.stringify({ header, kvs: [{ mod_revision: '7', value: 'eyJh' }] })),
    /written by no clock/,
  ],
  ['a lease of a year', saying(kvs({ ...record, leaseMs: 3e10 })), /written by no clock .*leaseMs/],
  [
    'a way to somewhere else',
    (_request, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    /does not answer/,
  ],
  ['a closed line', (request) => request.socket.destroy(), /does not answer/],
]

for (const [what, listener, words] of cases) {
  test(`${what} is told in words, and is no empty place`, async (t) => {
    const error = await t.throwsAsync(at([await serve(t, listener)]).read(), { instanceOf: EtcdTrouble })
    t.regex(error.message, words)
  })
}

test('one that hangs is given up, and the next member is asked', async (t) => {
  const hanging = await serve(t, () => undefined)
  const well = await serve(t, saying(kvs(record)))
  const etcd = at([hanging, well], 1_000)
  await t.throwsAsync(etcd.read(), { instanceOf: EtcdTrouble, message: /no answer in 1000 ms/ })
  t.deepEqual(await etcd.read(), { revision: 7, record })
  t.deepEqual(await etcd.read(), { revision: 7, record }, 'and stays the one')
})

test('members of two etcds are not taken for one', async (t) => {
  let answers = 0
  const first = await serve(t, (request, response) => {
    if (++answers > 1) request.socket.destroy()
    else response.end(kvs(record))
  })
  const second = await serve(t, saying(JSON.stringify({ header: { cluster_id: '6', revision: '9' } })))
  const etcd = at([first, second])
  await etcd.read()
  await t.throwsAsync(etcd.read())
  await t.throwsAsync(etcd.read(), {
    instanceOf: EtcdTrouble,
    message: /not the etcd of before/,
  })
})

test('a write that is refused shows what is there; one that is done, its revision', async (t) => {
  const refused = { header, responses: [{ response_range: JSON.parse(kvs(record)) as unknown }] }
  const refusing = at([await serve(t, saying(JSON.stringify(refused)))])
  t.deepEqual(await refusing.write(3, record), { instead: { revision: 7, record } })
  const done = { header, succeeded: true }
  t.deepEqual(await at([await serve(t, saying(JSON.stringify(done)))]).write(3, record), { revision: 9 })
  const empty = { header, responses: [{ response_range: {} }] }
  t.deepEqual(await at([await serve(t, saying(JSON.stringify(empty)))]).write(3, record), {
    instead: { revision: 0, record: undefined },
  })
})
