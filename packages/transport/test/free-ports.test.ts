import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { freePortRange, freePorts } from '@jwp/transport'
import test from 'ava'

test('ports that can be listened on, none twice, none of those that outgoing connections get', async (t) => {
  const ports = await freePorts(20, '127.0.0.1')
  t.is(new Set(ports).size, 20)
  t.true(ports.every((port) => port > 1_023 && port < 32_768))
  const listening = ports.map((port) => createServer().listen(port, '127.0.0.1'))
  await Promise.all(listening.map((server) => once(server, 'listening')))
  t.deepEqual(
    listening.map((server) => (server.address() as AddressInfo).port),
    ports,
  )
  for (const server of listening) server.close()
})

test('ports in a row, all of them free', async (t) => {
  const first = await freePortRange(10)
  const listening = Array.from({ length: 10 }, (_, at) => createServer().listen(first + at))
  await t.notThrowsAsync(Promise.all(listening.map((server) => once(server, 'listening'))))
  for (const server of listening) server.close()
})

test('a machine without such an address gets a clear error', async (t) => {
  await t.throwsAsync(freePorts(1, '192.0.2.1'), { code: 'EADDRNOTAVAIL' })
})
