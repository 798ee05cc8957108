/** What a server tells tools: HTTP, the local keyring, and why it does not start. */
import test, { type ExecutionContext } from 'ava'
import { get } from 'node:http'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asServerName } from '@jwp/protocol'
import { CannotStart, findSecret, listLocalServers, startServer } from '@jwp/server'
import { eventually } from '@jwp/transport'
import { ContactsFile } from '#dist/shell/contacts-file.js'
import { runtimeFolderOfTest, serve, serveBelow, Talker } from './support/server-under-test.js'

test('HTTP: health, status without secrets, metrics', async (t) => {
  const root = await serve(t, { secret: 'of-the-root' })
  const child = await serveBelow(t, root, { secret: 'of-the-child' })
  await new Talker(t, child).loginAnonymously()
  const at = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${child.port}${path}`, init)

  t.is(await (await at('/healthz')).text(), 'ok\n')
  const status = await (await at('/status')).text()
  t.notRegex(status, /of-the-root|of-the-child|"secret"/)
  const parsed = JSON.parse(status) as {
    role: string
    clients: number
    parent: { port: number }
    ancestry: unknown[]
  }
  t.like(parsed, { role: 'child', clients: 1 })
  t.is(parsed.parent.port, root.port)
  t.is(parsed.ancestry.length, 1)
  const metrics = await (await at('/metrics')).text()
  t.regex(metrics, /^jwp_clients 1$/m)
  t.regex(metrics, /^jwp_depth 1$/m)
  t.regex(metrics, /^jwp_blocked_clients 0$/m)
  t.regex(metrics, /^jwp_events_total\{event="became-child"\} 1$/m)
  t.regex(metrics, /^# TYPE jwp_client_lines_in_total counter\njwp_client_lines_in_total 1$/m)
  // Read again, not added up.
  t.regex(await (await at('/metrics')).text(), /^jwp_client_lines_in_total 1$/m)
  t.is((await at('/nothing')).status, 404)
  t.is((await at('/status', { method: 'POST' })).status, 405)
})

test('HTTP: what cannot be seen in a name or an address is an escape in /status, and the value stays', async (t) => {
  const clock = { host: 'a\u202eb', port: 1 }
  const server = await serve(t, { name: 'x\u200by', clock })
  const text = await (await fetch(`http://127.0.0.1:${server.port}/status`)).text()
  t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
  t.like(JSON.parse(text), { name: 'x\u200by', clock: { host: 'a\u202eb' } })
})

test('HTTP: a token that is wrong is refused, even from this machine', async (t) => {
  const server = await serve(t, { httpToken: 'open sesame' })
  const ask = async (token: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${server.port}/status`, { headers: { authorization: `Bearer ${token}` } }))
      .status
  t.is(await ask('open sesame'), 200)
  t.is(await ask('guess'), 403)
})

/** The status of the answer to /status from this machine, with these headers. */
function statusWith(port: number, headers: Record<string, string>, path = '/status'): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

test('HTTP: asked under a foreign name or through a proxy, this machine needs the token, too', async (t) => {
  const { port } = await serve(t, { httpToken: 'open sesame', advertisedHost: 'jwp.example' })
  const authorization = 'Bearer open sesame'
  const own = [
    'localhost',
    `LOCALHOST:${port}`,
    '127.0.0.1:80',
    '127.8.9.1',
    `[::1]:${port}`,
    'jwp.example:1',
  ]
  for (const host of own) t.is(await statusWith(port, { host }), 200, host)
  const foreign = [
    'evil.example',
    `evil.example:${port}`,
    '127.evil.example',
    'localhost.evil.example',
    '192.0.2.1',
  ]
  for (const host of foreign)
    for (const path of ['/status', '/metrics']) {
      t.is(await statusWith(port, { host }, path), 403, `host ${host}`)
      t.is(await statusWith(port, { host, authorization }, path), 200, host)
    }
  for (const header of ['X-Forwarded-For', 'X-Forwarded-Host', 'Forwarded', 'Via', 'X-Real-IP']) {
    t.is(await statusWith(port, { [header]: '192.0.2.1' }), 403, header)
    t.is(await statusWith(port, { [header]: '192.0.2.1', authorization }), 200, header)
  }
  t.is(
    await statusWith(port, { host: 'evil.example', via: '1.1 x' }, '/healthz'),
    200,
    'health is for everybody',
  )
})

test('keyring: a running server is found by its port, a file of a dead one is not believed', async (t) => {
  const server = await serve(t, { secret: 'sss' })
  const file = join(runtimeFolderOfTest, `server-${server.port}.json`)
  t.is(findSecret(server.port), 'sss')
  t.true(listLocalServers().some(({ port }) => port === server.port))
  t.is(statSync(file).mode & 0o777, 0o600)

  writeFileSync(
    join(runtimeFolderOfTest, 'server-1.json'),
    readFileSync(file, 'utf8').replace(/"pid":\d+/, '"pid":999999999'),
  )
  t.is(findSecret(1), undefined)
  writeFileSync(join(runtimeFolderOfTest, 'server-2.json'), 'garbage')
  t.is(findSecret(2), undefined)

  await server.leave()
  t.is(findSecret(server.port), undefined, 'it takes its entry with it')
})

test('what cannot start says why', async (t) => {
  const server = await serve(t)
  const failing = (options: object): Promise<unknown> =>
    t.throwsAsync(startServer({ listenPort: 0, log: { silent: true }, ...options }), {
      instanceOf: CannotStart,
    })
  t.like(await failing({ listenPort: server.port }), { code: 'port-in-use' })
  t.like(await failing({ remote: { host: 'localhost', port: 1 } }), { code: 'secret-missing' })
  t.like(await failing({ remote: { host: '192.0.2.1', port: 3781 } }), { code: 'secret-missing' })
  t.like(await failing({ listenPort: 4_999, remote: { host: 'localhost', port: 4_999, secret: 'x' } }), {
    code: 'bad-option',
  })
})

test('a wrong parent secret, or a name that is taken, ends the server with a word', async (t) => {
  const root = await serve(t, { secret: 'right' })
  await serveBelow(t, root, { name: 'bob' })
  const remote = { host: 'localhost', port: root.port }
  const refused = await serve(t, { remote: { ...remote, secret: 'wrong' } })
  t.like(await refused.stopped, {
    exitCode: 4,
    info: `localhost:${root.port} refused this server: wrong secret`,
  })
  const twin = await serve(t, { remote, name: 'bob' })
  t.like(await twin.stopped, { exitCode: 4, info: 'the name bob is in use in that network' })
})

test('a parent that is not there yet is waited for', async (t) => {
  const late = await serve(t, { secret: 'right' })
  const { port } = late
  late.kill()
  await late.stopped
  const child = await serve(t, { remote: { host: 'localhost', port, secret: 'right' } })
  t.is(child.status().role, 'orphan')
  t.is((await fetch(`http://127.0.0.1:${child.port}/healthz`)).status, 503)
  await serve(t, { listenPort: port, secret: 'right' })
  await eventually('it joins', () => (child.status().role === 'child' ? true : undefined))
})

test.serial('without its runtime folder a server keeps its contacts, or says that it cannot', async (t) => {
  const folder = vanishingFolder(t)
  const troubles: string[] = []
  const contacts = new ContactsFile(1, (error) => troubles.push((error as Error).message))
  const met = [{ name: asServerName('b'), host: 'localhost', port: 2, secret: 'bbb' }]
  rmSync(folder, { recursive: true })
  contacts.remember(met)
  await contacts.close()
  t.deepEqual(contacts.contacts, met)
  t.deepEqual(troubles, [])

  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'in the way')
  contacts.remember(met)
  await contacts.close()
  t.is(troubles.length, 1)
  t.regex(troubles[0]!, /is no folder$/)
})

test.serial('files of servers that have been gone for a month are removed, others are not', async (t) => {
  const folder = vanishingFolder(t)
  const running = await serve(t)
  const monthAgo = Date.now() / 1_000 - 31 * 24 * 3_600
  const write = (file: string, seconds: number): void => {
    if (!existsSync(join(folder, file))) writeFileSync(join(folder, file), '[]')
    utimesSync(join(folder, file), seconds, seconds)
  }
  for (const file of ['contacts-1.json', 'server-1.json', `contacts-${running.port}.json`, 'clock-1.json'])
    write(file, monthAgo)
  write(`server-${running.port}.json`, monthAgo)
  write('contacts-2.json', monthAgo + 2 * 24 * 3_600)
  new ContactsFile(3, () => undefined)
  t.deepEqual(
    readdirSync(folder).sort(),
    [
      `contacts-${running.port}.json`,
      `server-${running.port}.json`,
      'contacts-2.json',
      'clock-1.json',
    ].sort(),
  )
})

test.serial('a server leaves in order when its runtime folder is out of reach', async (t) => {
  const folder = vanishingFolder(t)
  const server = await serve(t)
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'in the way')
  t.is((await server.leave()).exitCode, 0)
})

/** A runtime folder that this test may take away. */
function vanishingFolder(t: ExecutionContext): string {
  const before = process.env['JWP_RUNTIME_DIR']!
  const folder = join(runtimeFolderOfTest, 'vanishing')
  process.env['JWP_RUNTIME_DIR'] = folder
  t.teardown(() => {
    process.env['JWP_RUNTIME_DIR'] = before
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
