/** `jwp` as people run it: real processes on free ports, a keyring of their own. */
import test, { type ExecutionContext } from 'ava'
import { createServer } from 'node:net'
import { freePortRange, freePorts } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'

const session = (t: ExecutionContext): JwpSession => {
  const made = new JwpSession()
  t.teardown(() => made.close())
  return made
}

test.serial("the user's own lines: a clock, a server, and one that joins it without a secret", async (t) => {
  const jwp = session(t)
  const [clock, first, second] = await freePorts(3)
  await jwp.startUntil(`clock -lp ${clock}`, /listening on port/)
  await jwp.startUntil(`server -lp ${first} -ms aaa --clock localhost:${clock}`, /root of the tree/)
  await jwp.startUntil(`server -lp ${second} -rp ${first} -ms bbb`, /attached to/)

  const tree = await jwp.run('tree')
  t.is(tree.exitCode, 0)
  const lines = tree.stdout.trimEnd().split('\n')
  t.is(lines.length, 3)
  t.regex(lines[0]!, /^2 servers · 0 clients · epoch 1 · clock localhost:/)
  t.regex(lines[1]!, new RegExp(`^localhost:${first} +root `))
  t.regex(lines[2]!, new RegExp(`^└─ localhost:${second} +child `))

  const json = await jwp.run(`tree ${second} -s bbb -json`)
  t.is(
    (JSON.parse(json.stdout) as { servers: unknown[] }).servers.length,
    2,
    'the secret of one opens the way to all',
  )
  t.notRegex(json.stdout, /"secret"|aaa|bbb/)
})

test.serial('a server joins another that is only being started', async (t) => {
  const jwp = session(t)
  const [first, second] = await freePorts(2)
  const joining = jwp.startUntil(`server -lp ${second} -rp ${first}`, /attached to/)
  await jwp.startUntil(`server -lp ${first}`, /root of the tree/)
  await t.notThrowsAsync(joining)
})

test.serial('SIGTERM and SIGINT: the server leaves in order and the exit code is 0', async (t) => {
  const jwp = session(t)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const [port] = await freePorts(1)
    const server = await jwp.startUntil(`server -lp ${port}`, /root of the tree/)
    server.child.kill(signal)
    const ended = await server.ended
    t.is(ended.exitCode, 0)
    t.regex(ended.stderr, /left the network in order/)
  }
  const tree = await jwp.run('tree')
  t.is(tree.exitCode, 5, 'the keyring is empty')
  t.regex(tree.stderr, /try: jwp up/)
})

test.serial('secrets in the environment work as flags do', async (t) => {
  const jwp = session(t)
  const [first, second] = await freePorts(2)
  await jwp.startUntil(`server -lp ${first}`, /root of the tree/, { JWP_SECRET: 'aaa' })
  const wrong = await jwp.run(`server -lp ${second} -rp ${first}`, { JWP_PARENT_SECRET: 'wrong' })
  t.is(wrong.exitCode, 4)
  t.regex(wrong.stderr, /error: .*wrong secret/)
  t.regex(wrong.stderr, /try: -s <secret>/)
  await jwp.startUntil(`server -lp ${second} -rp ${first}`, /attached to/, { JWP_PARENT_SECRET: 'aaa' })
  t.pass()
})

test.serial('a port in use, for server and clock', async (t) => {
  const jwp = session(t)
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, resolve))
  t.teardown(() => holder.close())
  const { port } = holder.address() as { port: number }
  for (const line of [`server -lp ${port}`, `clock -lp ${port}`]) {
    const ended = await jwp.run(line)
    t.is(ended.exitCode, 3)
    t.regex(ended.stderr, new RegExp(`error: port ${port} is in use`))
    t.regex(ended.stderr, /try: another port/)
    t.notRegex(ended.stderr, /\n +at /)
  }
})

test.serial('a name that is taken, an unknown host, a secret that is missing across machines', async (t) => {
  const jwp = session(t)
  const [first, second] = await freePorts(2)
  await jwp.startUntil(`server -lp ${first} -ms aaa --name alpha`, /root of the tree/)
  const table = [
    {
      line: `server -lp ${second} -rp ${first} --name alpha`,
      exitCode: 4,
      says: /name alpha is in use/,
      advises: /another --name/,
    },
    {
      line: `server -lp ${second} -rh no-such-host.invalid -rp ${first} -s aaa`,
      exitCode: 5,
      says: /no host called/,
      advises: /spelling/,
    },
    {
      line: `server -lp ${second} -rh 192.0.2.1 -rp ${first}`,
      exitCode: 2,
      says: /needs its secret/,
      advises: /-s <secret>/,
    },
    { line: `tree ${first} -s wrong`, exitCode: 4, says: /wrong secret/, advises: /-s/ },
    { line: `tree ${second}`, exitCode: 5, says: /no secret for/, advises: /-s <secret>/ },
  ]
  for (const { line, exitCode, says, advises } of table) {
    const ended = await jwp.run(line)
    t.is(ended.exitCode, exitCode, line)
    t.regex(ended.stderr, says, line)
    t.regex(ended.stderr, /^try: /m, line)
    t.regex(ended.stderr.slice(ended.stderr.indexOf('try: ')), advises, line)
    t.notRegex(ended.stderr, /\n +at /, line)
  }
})

test.serial('jwp up ends everything in order on Ctrl-C', async (t) => {
  const jwp = session(t)
  const base = await freePortRange(4)
  const up = await jwp.startUntil(
    `up --servers 3 --clock-port ${base} --port-base ${base + 1}`,
    /3 servers up/,
  )
  await jwp.runUntil('tree', /3 servers .*\n[^]*└─ /)
  up.child.kill('SIGINT')
  const ended = await up.ended
  t.is(ended.exitCode, 0)
  t.is((ended.stdout.match(/left the network in order/g) ?? []).length, 3)
  t.regex(ended.stdout, /clock.*stopped/)
})

test.serial('jwp up --json: each line of clock and servers is JSON', async (t) => {
  const jwp = session(t)
  const base = await freePortRange(2)
  const up = await jwp.startUntil(
    `up --servers 1 --clock-port ${base} --port-base ${base + 1} --json`,
    /root of the tree/,
  )
  up.child.kill('SIGINT')
  const { stdout, exitCode } = await up.ended
  t.is(exitCode, 0)
  for (const line of stdout.trimEnd().split('\n')) t.notThrows(() => JSON.parse(line) as unknown, line)
})

test.serial('no process outlives a jwp up that was killed', async (t) => {
  const jwp = session(t)
  const base = await freePortRange(3)
  const up = await jwp.startUntil(
    `up --servers 2 --clock-port ${base} --port-base ${base + 1}`,
    /2 servers up/,
  )
  await jwp.runUntil('tree', /^2 servers/)
  up.child.kill('SIGKILL')
  await up.ended
  await jwp.runUntil('tree', /no server of yours runs/)
  await jwp.startUntil(`clock -lp ${base}`, /listening on port/)
  t.pass('even the port of the clock is free again')
})

test.serial('jwp up: a port in use ends all processes with the number of that failure', async (t) => {
  const jwp = session(t)
  const base = await freePortRange(4)
  await jwp.startUntil(`server -lp ${base + 2}`, /root of the tree/)
  const up = await jwp.run(`up --servers 3 --clock-port ${base} --port-base ${base + 1}`)
  t.is(up.exitCode, 3)
  t.regex(
    up.stderr,
    new RegExp(`error: localhost:${base + 2} did not start: port ${base + 2} is in use\\ntry: `),
  )
  t.regex((await jwp.run('tree')).stdout, /^1 server /)

  const clash = await jwp.run(`up --servers 3 --clock-port ${base} --port-base ${base}`)
  t.is(clash.exitCode, 2)
})
