/** How processes end: asked at any moment, more than once, by a terminal that is gone, or with nowhere to write. */
import test, { type ExecutionContext } from 'ava'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePortRange, freePorts } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'
import { runJwp } from './support/run-jwp.js'

const session = (t: ExecutionContext): JwpSession => {
  const made = new JwpSession()
  t.teardown(() => made.close())
  return made
}

const supportFile = (name: string): string => new URL(`support/${name}`, import.meta.url).href

test('SIGTERM while a command is still being loaded: nothing has begun, exit code 0', async (t) => {
  const [port] = await freePorts(1)
  for (const line of [`server -lp ${port}`, `clock -lp ${port}`, 'up', `client -rp ${port}`]) {
    const ended = await runJwp(line.split(' '), {
      environment: { NODE_OPTIONS: `--import=${supportFile('term-while-loading.js')}` },
    })
    t.deepEqual([ended.signal, ended.exitCode], [null, 0], line)
  }
})

test('SIGTERM again and again: the server still ends in order, with exit code 0', async (t) => {
  const jwp = session(t)
  const [port] = await freePorts(1)
  const server = await jwp.startUntil(`server -lp ${port}`, /root of the tree/)
  const again = setInterval(() => server.child.kill('SIGTERM'), 2)
  server.child.kill('SIGTERM')
  const ended = await server.ended
  clearInterval(again)
  t.deepEqual([ended.signal, ended.exitCode], [null, 0])
  t.regex(ended.stderr, /left the network in order/)
})

test('SIGHUP never ends a server or a clock', async (t) => {
  const jwp = session(t)
  const [port, clockPort] = await freePorts(2)
  for (const [line, until] of [
    [`clock -lp ${clockPort}`, /listening/],
    [`server -lp ${port} --clock localhost:${clockPort}`, /root of the tree/],
  ] as const) {
    const running = await jwp.startUntil(line, until)
    running.child.kill('SIGHUP')
    await jwp.until(running, /SIGHUP changes nothing/)
    running.child.kill('SIGHUP')
    running.child.kill('SIGTERM')
    t.is((await running.ended).exitCode, 0)
  }
})

test('SIGHUP ends jwp up, with all that it has started, and jwp client, in order', async (t) => {
  const jwp = session(t)
  const base = await freePortRange(3)
  const up = await jwp.startUntil(
    `up --servers 2 --clock-port ${base} --port-base ${base + 1}`,
    /2 servers up/,
  )
  const client = jwp.start(`client -rp ${base + 1}`)
  client.child.stdin!.write('{"text":"here"}\n')
  await jwp.until(client, /here/)
  client.child.kill('SIGHUP')
  t.is((await client.ended).exitCode, 0)
  up.child.kill('SIGHUP')
  const ended = await up.ended
  t.is(ended.exitCode, 0)
  t.is((ended.stdout.match(/left the network in order/g) ?? []).length, 2)
})

/** Everything that it prints meets a full disk. */
function onFullDisk(argv: readonly string[], environment: Readonly<Record<string, string>>) {
  const script = fileURLToPath(new URL('../../bin/jwp.js', import.meta.url))
  const child = spawn('sh', ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, script, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, stderr }))
  })
  return { child, ended }
}

test('standard output on a full disk: words, exit code 1, no stack trace', async (t) => {
  const jwp = session(t)
  const [port] = await freePorts(1)
  await jwp.startUntil(`server -lp ${port} -ms aaa`, /root of the tree/)
  for (const line of [
    '--help',
    'server --help',
    'sim --seeds 1 --json',
    `tree ${port} -s aaa`,
    `tree ${port} -s aaa --watch`,
    'demo --json',
  ]) {
    const { exitCode, stderr } = await onFullDisk(line.split(' '), jwp.environment).ended
    t.is(exitCode, 1, line)
    t.is(stderr, 'error: standard output cannot be written: the disk is full\n', line)
  }
})

test('a user without an account and without a home can do everything that needs none', async (t) => {
  const jwp = session(t)
  const [port, clockPort] = await freePorts(2)
  const environment = { NODE_OPTIONS: `--import=${supportFile('no-account.js')}`, HOME: '', SHELL: '' }
  await jwp.startUntil(`server -lp ${port} -ms aaa`, /root of the tree/, environment)
  const tree = await jwp.run(`tree ${port} -s aaa`, environment)
  t.deepEqual([tree.exitCode, tree.stderr], [0, ''])
  const clock = await jwp.run(`clock -lp ${clockPort}`, {
    ...environment,
    JWP_RUNTIME_DIR: '/proc/jwp',
  })
  t.is(clock.exitCode, 1)
  t.regex(clock.stderr, /^error: the clock cannot keep its file: .*\(--file or --data say where else\)\n$/)
})
