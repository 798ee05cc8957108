/** No secret leaves the processes that know it: not in logs, status, metrics, drawings or lists of processes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, freePort } from '@jwp/transport'
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'

/** Given to processes by environment, never as flags. Long enough that none turns up by chance. */
const secrets = {
  a: 'oWnSecretOfServerA-7f3k',
  b: 'oWnSecretOfServerB-9q2m',
  wrong: 'wRongSecretOfNobody-4x8z',
  user: 'sEcretOfAaron-5t6y',
  wrongUser: 'wRongSecretOfAaron-1p0v',
  token: 'tOkenOfTheHttpDesk-2w3e',
}

test('no secret is in logs, status, metrics, trees or lists of processes', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const start = async (
    letter: string,
    parent: JwpProcess | undefined,
    environment: Record<string, string>,
    isAdmitted = true,
  ): Promise<JwpProcess> => {
    const port = network.servers.get(letter)?.port ?? (await freePort())
    const argv = ['server', '-lp', String(port), '--json', '--no-balance']
    argv.push('--clock', `localhost:${network.clock!.port}`, '--data', join(network.folder, letter))
    if (parent !== undefined) argv.push('-rp', String(parent.port))
    const started = network.start(letter, port, argv, { JWP_HTTP_TOKEN: secrets.token, ...environment })
    if (isAdmitted) {
      network.servers.set(letter, started)
      await eventually(`${letter} is in the tree`, async () => {
        const role = (await network.status(letter))?.role
        return role === 'root' || role === 'child' ? true : undefined
      })
    }
    return started
  }
  const a = await start('a', undefined, { JWP_SECRET: secrets.a })
  const b = await start('b', a, { JWP_SECRET: secrets.b, JWP_PARENT_SECRET: secrets.a })
  const impostor = await start('x', a, { JWP_SECRET: 'x', JWP_PARENT_SECRET: secrets.wrong }, false)
  t.is(await impostor.ended, 4, 'a wrong secret is refused')

  const register = new LineClient(t, a.port)
  const registered = await register.ask({ command: 'REGISTER', username: 'aaron', secret: secrets.user })
  t.is(registered['command'], 'REGISTER_SUCCESS')
  const mistaken = new LineClient(t, b.port)
  const denied = await mistaken.ask({ command: 'LOGIN', username: 'aaron', secret: secrets.wrongUser })
  t.is(denied['command'], 'LOGIN_FAILED')
  const client = new LineClient(t, b.port)
  const admitted = await client.ask({ command: 'LOGIN', username: 'aaron', secret: secrets.user })
  t.is(admitted['command'], 'LOGIN_SUCCESS')

  const tree = network.start('tree', 0, ['tree', `localhost:${b.port}`, '--json'], {
    JWP_PARENT_SECRET: secrets.b,
  })
  t.is(await tree.ended, 0)
  t.is((JSON.parse(tree.printed()) as { servers: unknown[] }).servers.length, 2, 'it was let in')
  const seen = new Map<string, string>()
  for (const { letter, port, child } of [a, b]) {
    for (const path of ['status', 'metrics'])
      seen.set(`/${path} of ${letter}`, await (await fetch(`http://127.0.0.1:${port}/${path}`)).text())
    seen.set(`the list of processes, ${letter}`, commandLineOf(child.pid!))
  }
  // What happens to those who lose their parent, and to the one that comes back, is told at length.
  await network.kill('a')
  await network.untilShape('b')
  const again = await start('a', b, { JWP_SECRET: secrets.a, JWP_PARENT_SECRET: secrets.b })
  b.child.kill('SIGTERM')
  t.is(await b.ended, 0)
  await network.untilShape('a')
  for (const each of [a, b, again, impostor, tree]) seen.set(`what ${each.letter} printed`, each.printed())
  seen.set('what a client was told', JSON.stringify([registered, denied, admitted]))

  t.regex(b.printed(), /"event":"orphaned"/, 'the logs are talkative')
  for (const [where, text] of seen)
    for (const [whose, secret] of Object.entries(secrets))
      t.false(text.includes(secret), `the secret ${whose} is in ${where}`)
})

test('`jwp up` hands secrets to its servers in no command line', async (t) => {
  const network = new RealNetwork(t)
  const data = join(network.folder, 'data')
  const first = await freePort()
  const up = network.start('up', first, [
    ...['up', '--servers', '2', '--json', '--data', data],
    ...['--clock-port', String(await freePort()), '--port-base', String(first)],
  ])
  await eventually('both servers are one tree', () => (/attached to/.test(up.printed()) ? true : undefined))
  const secrets = Object.values(
    JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as Record<string, string>,
  )
  t.is(secrets.length, 2)
  const lines = childrenOf(up.child.pid!).map(commandLineOf)
  t.is(lines.length, 3, 'a clock and two servers')
  for (const text of [...lines, commandLineOf(up.child.pid!), up.printed()])
    for (const secret of secrets) t.false(text.includes(secret), text)
  up.child.kill('SIGINT')
  t.is(await up.ended, 0)
})

const commandLineOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return Number(readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]) === pid
      } catch {
        return false
      }
    })
}
