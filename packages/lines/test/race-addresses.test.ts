/** Hosts with several addresses: one that is dead, or far away, costs no more than a moment. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { until } from '@jwp/transport'
import getPort, { portNumbers } from 'get-port'
import { headStartMs, raceAddresses } from '#dist/race-addresses.js'

const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 })

async function listener(t: ExecutionContext, host: string, port = 0): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

/** Listens at this address and takes nothing: SYNs are dropped, until it goes on. */
async function unanswered(t: ExecutionContext, host: string, port: number): Promise<ChildProcess> {
  const program = `require('net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => console.log())`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  // What its kernel takes for it is full then.
  const fillers = Array.from({ length: 6 }, () => connect({ host, port }).on('error', () => undefined))
  t.teardown(() => {
    for (const filler of fillers) filler.destroy()
  })
  await until(() => fillers.filter(({ connecting }) => !connecting).length >= 2)
  return child
}

function race(addresses: readonly string[], port: number): Promise<Socket | Error> {
  return new Promise((resolve) => {
    raceAddresses(addresses.map(at), { port }, resolve, resolve)
  })
}

test('the first address drops what is sent to it: the next one opens, and is the only one left', async (t) => {
  const server = await listener(t, '127.0.0.1')
  const { port } = server.address() as AddressInfo
  await unanswered(t, '127.0.0.2', port)
  const socket = await race(['127.0.0.2', '127.0.0.1'], port)
  if (socket instanceof Error) return t.fail(socket.message)
  t.is(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
})

test('an address that refuses is passed over at once', async (t) => {
  const server = await listener(t, '127.0.0.1')
  const { port } = server.address() as AddressInfo
  const socket = await race(['127.0.0.3', '127.0.0.4', '127.0.0.1'], port)
  if (socket instanceof Error) return t.fail(socket.message)
  t.is(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
})

test('a first address that takes longer than the head start is not given up', async (t) => {
  const port = await getPort({ port: portNumbers(20_000, 30_000) })
  const first = await unanswered(t, '127.0.0.2', port)
  await unanswered(t, '127.0.0.3', port)
  const won = race(['127.0.0.2', '127.0.0.3'], port)
  setTimeout(() => first.kill('SIGCONT'), 2 * headStartMs)
  const socket = await won
  if (socket instanceof Error) return t.fail(socket.message)
  t.is(socket.remoteAddress, '127.0.0.2')
  socket.destroy()
})

test('nothing listens at any of them: all errors are told', async (t) => {
  const server = await listener(t, '127.0.0.1')
  const { port } = server.address() as AddressInfo
  server.close()
  const error = await race(['127.0.0.3', '127.0.0.4'], port)
  t.true(error instanceof AggregateError)
  t.deepEqual(
    (error as AggregateError).errors.map((each: NodeJS.ErrnoException) => each.code),
    ['ECONNREFUSED', 'ECONNREFUSED'],
  )
})
