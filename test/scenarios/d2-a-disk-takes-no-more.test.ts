/**
 * D2: a disk that takes no more. The server says so in words, leaves in order with exit code 1, and its clients go on
 * elsewhere without missing anything. A folder that cannot be used at all is told at the start.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, freePort } from '@jwp/transport'
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('D2: a server whose disk is full leaves in order, and its clients lose nothing', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a')
  // No file of this process may grow beyond half a megabyte: the log soon does.
  const folder = join(network.folder, 'data-c')
  await network.startServer('c', 'a', ['--data', folder], { fileLimitKib: 512 })
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  await audience.publishSteadily()

  t.is(await network.server('c').ended, 1)
  const said = network.server('c').printed()
  t.regex(said, /cannot write to .*data-c: the file may not grow any further: raise the limit of file sizes/)
  t.regex(said, /left the network in order, since cannot write/)
  await eventually('a has no such child any more', async () =>
    (await network.status('a'))?.children.length === 1 ? true : undefined,
  )
  await audience.untilAcknowledged(100)
  await audience.judge()

  // With room again it goes on from what it had.
  await network.startServer('c', 'a', ['--data', folder])
  await eventually('it has caught up, wherever it hangs', async () => {
    const [a, c] = await Promise.all([network.status('a'), network.status('c')])
    return a !== undefined && c?.log.applied === a.log.last ? true : undefined
  })
})

test('D2: a root whose disk is full hands over to its heirs', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a', undefined, ['--data', join(network.folder, 'data-a')], { fileLimitKib: 512 })
  await network.startServer('b', 'a', ['--data', join(network.folder, 'data-b')])
  await network.startServer('c', 'a', ['--data', join(network.folder, 'data-c')])
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  await audience.publishSteadily()
  t.is(await network.server('a').ended, 1)
  await network.untilOneTree('b', 'c')
  await audience.untilAcknowledged(100)
  await audience.judge()
})

test('D2: a folder that cannot be used is told at the start, and stays as it is', async (t) => {
  const network = new RealNetwork(t)
  const folder = join(network.folder, 'letters')
  mkdirSync(folder)
  writeFileSync(join(folder, 'letter.txt'), 'dear reader')
  const port = await freePort()
  const server = network.start('x', port, ['server', '-lp', String(port), '--data', folder])
  t.is(await server.ended, 1)
  t.regex(
    server.printed(),
    /^error: .*letters is not empty and holds no data of a server \(but letter\.txt\)/m,
  )
  t.deepEqual(readdirSync(folder), ['letter.txt'])
})
