/** Folders that cannot be used: the runtime folder is a convenience, a data folder is not. */
import test, { type ExecutionContext } from 'ava'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, waitUntil } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'

const session = (t: ExecutionContext): JwpSession => {
  const made = new JwpSession()
  t.teardown(() => made.close())
  return made
}

const warnings = (text: string): number => (text.match(/the runtime folder cannot be used/g) ?? []).length

test('without a runtime folder servers run, join and end in order, and say so once', async (t) => {
  const jwp = session(t)
  writeFileSync(join(jwp.folder, 'file'), '')
  // Node's own way to make folders never returns from the first. The second is what a read-only disk is to root.
  for (const folder of ['/proc/jwp', join(jwp.folder, 'file', 'below')]) {
    const environment = { JWP_RUNTIME_DIR: folder }
    const [first, second] = await freePorts(2)
    const root = await jwp.startUntil(`server -lp ${first} -ms aaa`, /root of the tree/, environment)
    const child = await jwp.startUntil(`server -lp ${second} -rp ${first} -s aaa`, /attached to/, environment)
    await jwp.until(root, /child .* joined/)
    for (const running of [child, root]) {
      running.child.kill('SIGTERM')
      const ended = await running.ended
      t.is(ended.exitCode, 0, folder)
      t.is(warnings(ended.stderr), 1, ended.stderr)
    }
    const tree = await jwp.run('tree', environment)
    t.is(tree.exitCode, 5)
    t.regex(tree.stderr, /^error: the local keyring cannot be read: .*\ntry: jwp tree <host:port> -s/)
  }
})

test('a runtime folder may be a link, and may be removed while servers run', async (t) => {
  const jwp = session(t)
  mkdirSync(join(jwp.folder, 'real'))
  symlinkSync(join(jwp.folder, 'real'), join(jwp.folder, 'link'))
  const environment = { JWP_RUNTIME_DIR: join(jwp.folder, 'link') }
  const [first, second] = await freePorts(2)
  const root = await jwp.startUntil(`server -lp ${first} -ms aaa`, /root of the tree/, environment)
  t.is((await jwp.run('tree', environment)).exitCode, 0)
  rmSync(join(jwp.folder, 'real'), { recursive: true })
  await jwp.startUntil(`server -lp ${second} -rp ${first} -s aaa`, /attached to/, environment)
  root.child.kill('SIGTERM')
  t.is((await root.ended).exitCode, 0)
})

test('a runtime folder that was removed while a server runs: the server warns once at most, and is found again', async (t) => {
  const jwp = session(t)
  const folder = join(jwp.folder, 'real')
  const environment = { JWP_RUNTIME_DIR: folder }
  const [first, second] = await freePorts(2)
  const root = await jwp.startUntil(`server -lp ${first} -ms aaa`, /root of the tree/, environment)
  const child = await jwp.startUntil(`server -lp ${second} -rp ${first}`, /attached to/, environment)
  // Out of reach first: a file where the folder should be.
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
  await jwp.until(root, /the runtime folder cannot be used/)
  rmSync(folder)
  for (const server of [root, child])
    await jwp.until(server, /entry of this server in the runtime folder was missing: it is written again/)
  const tree = await jwp.run('tree', environment)
  t.is(tree.exitCode, 0, tree.stderr)
  t.regex(tree.stdout, new RegExp(`localhost:${second}`))
  const contacts = join(folder, `contacts-${second}.json`)
  await waitUntil(() => existsSync(contacts), { everyMs: 20, limitMs: 10_000 })
  t.true(existsSync(contacts))
  for (const server of [child, root]) {
    server.child.kill('SIGTERM')
    const { exitCode, stderr } = await server.ended
    t.is(exitCode, 0)
    t.true(warnings(stderr) <= 1, stderr)
  }
  t.false(existsSync(join(folder, `server-${first}.json`)))
})

test('a data folder that cannot be made is an error in words, for servers, clocks and networks', async (t) => {
  const jwp = session(t)
  const [port] = await freePorts(1)
  for (const line of [`server -lp ${port} --data /proc/x`, 'up --servers 1 --data /proc/x']) {
    const ended = await jwp.run(line)
    t.is(ended.exitCode, 1, line)
    t.is(ended.stderr, 'error: cannot use /proc/x: no folder can be made there\n', line)
  }
  const clock = await jwp.run(`clock -lp ${port} --data /proc/x`)
  t.is(clock.exitCode, 1)
  t.regex(clock.stderr, /^error: the clock cannot keep its file: .*\/proc\/x/)
})
