/** Networks that are started again in the runtime folder of an earlier one: what is said now counts. */
import test from 'ava'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, freePort } from '@jwp/transport'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'

const sixServers = 'a b<a c<a d<b e<d f<d'

test('the six-server tree has its named parents at the second start, too, whichever comes up first', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  await network.untilShape(sixServers)
  await network.kill('a', 'b', 'c', 'd', 'e', 'f')

  const parents = { e: 'd', f: 'd', d: 'b', c: 'a', b: 'a', a: undefined }
  await Promise.all(Object.entries(parents).map(([letter, parent]) => network.startServer(letter, parent)))
  await network.untilShape(sixServers)
  t.is(await network.shape('a', 'b', 'c', 'd', 'e', 'f'), sixServers)
})

test('two servers without -rp, once in one network, stay two', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a')
  for (const letter of ['a', 'b']) {
    const { child, ended } = network.server(letter)
    child.kill('SIGTERM')
    await ended
  }
  await network.startServer('a')
  await network.startServer('b')
  for (const letter of ['a', 'b']) {
    await eventually(`${letter} says that it leaves the other alone`, () =>
      network.server(letter).printed().includes('not asking 1 server that the run before knew')
        ? true
        : undefined,
    )
  }
  t.is(await network.shape('a', 'b'), 'a b')
})

test('a root that is killed and started again by the same line, without a secret, comes home', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const ports = { a: await freePort(), b: await freePort(), c: await freePort() }
  const start = async (letter: keyof typeof ports, parent?: keyof typeof ports): Promise<JwpProcess> => {
    const argv = ['server', '-lp', String(ports[letter]), '--clock', `localhost:${network.clock!.port}`]
    if (parent !== undefined) argv.push('-rp', String(ports[parent]))
    const server = network.start(letter, ports[letter], argv)
    network.servers.set(letter, server)
    await eventually(`${letter} is in a tree`, async () => {
      const role = (await network.status(letter))?.role
      return role === 'root' || role === 'child' ? true : undefined
    })
    return server
  }
  await start('a')
  await start('b', 'a')
  await start('c', 'a')
  await network.kill('a')
  await network.untilOneTree('b', 'c')
  await start('a')
  await network.untilOneTree('a', 'b', 'c')

  // The same with an end in order: a server that leaves is known by its secret when it returns.
  const root = await network.untilOneTree('a', 'b', 'c')
  const others = ['a', 'b', 'c'].filter((letter) => letter !== root)
  const { child, ended } = network.server(root)
  child.kill('SIGTERM')
  t.is(await ended, 0)
  await network.untilOneTree(...others)
  await start(root as keyof typeof ports)
  await network.untilOneTree('a', 'b', 'c')
})

test('a server whose parent is gone for good joins servers that it remembers, and says so', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a')
  await network.startServer('c', 'a')
  const file = join(network.folder, `contacts-${network.server('c').port}.json`)
  await eventually('c has written down that it knows b', () =>
    existsSync(file) && readFileSync(file, 'utf8').includes(String(network.server('b').port))
      ? true
      : undefined,
  )
  await network.kill('a', 'b', 'c')
  // It knows no server any more, and looks for none.
  await network.startServer('b')
  const c = await network.startServer('c', 'a')
  await network.untilOneTree('b', 'c')
  t.regex(c.printed(), /does not answer: asking \d servers? that the run before knew as well/)
})
