/** Flags of two of the source designs: one secret for a whole network, given with -s alone. */
import test from 'ava'
import { eventually, freePort } from '@jwp/transport'
import { join } from 'node:path'
import { RealNetwork } from '../support/real-network.js'

test('servers with the same -s and no -ms become one tree, without a keyring in common', async (t) => {
  const network = new RealNetwork(t)
  const [first, second] = [await freePort(), await freePort()]
  const start = (letter: string, port: number, argv: string[]) => {
    const folder = { JWP_RUNTIME_DIR: join(network.folder, letter) }
    const server = network.start(letter, port, ['server', '-lp', String(port), ...argv], folder)
    network.servers.set(letter, server)
    return server
  }
  start('a', first, ['-s', 'abc', '--clock', 'localhost:1'])
  await network.untilShape('a')
  start('b', second, ['-s', 'abc', '-rh', 'localhost', '-rp', String(first)])
  await network.untilShape('a b<a')
  await eventually('a says which clock it uses', () =>
    network.server('a').printed().includes('clock: localhost:1') ? true : undefined,
  )

  const tree = network.start('tree', first, ['tree', '-rp', String(first), '-s', 'abc', '--json'])
  t.is(await tree.ended, 0, tree.printed())
  const { servers } = JSON.parse(tree.printed()) as { servers: { port: number }[] }
  t.deepEqual(servers.map(({ port }) => port).sort(), [first, second].sort())

  // The port is in use, and nothing listens at the one to join: the first is said, without waiting for the second.
  const dead = await freePort()
  const third = start('c', first, ['-rp', String(dead)])
  t.not(await third.ended, 0)
  t.regex(third.printed(), new RegExp(`port ${first} is in use`))
})
