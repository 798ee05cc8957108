/** A session that is held in two parted trees: who resumed last keeps it when they are one, and nothing is lost of either. */
import type { RunningServer } from '@jwp/server'
import { eventually, freePorts, Relay } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { PassThrough } from 'node:stream'
import { serve, Talker, type Line } from './support/server-under-test.js'

const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] }
const takenOver: Line = { command: 'AUTHENTICATION_FAIL', info: 'this session was taken over' }

/** Two servers that reach each other by relays only, so that they can be parted while their clients stay. */
class Pair {
  readonly servers: readonly [RunningServer, RunningServer]
  readonly #relays: readonly Relay[]
  /** What both have written into their logs. */
  log = ''

  private constructor(servers: readonly [RunningServer, RunningServer], relays: readonly Relay[]) {
    this.servers = servers
    this.#relays = relays
  }

  static async of(t: ExecutionContext): Promise<Pair> {
    const ports = await freePorts(2)
    const relays = await Promise.all(
      ports.map((port) => Relay.listen({ target: { host: '127.0.0.1', port } })),
    )
    t.teardown(() => {
      for (const relay of relays) relay.close()
    })
    const stream = new PassThrough()
    const [above, below] = relays.map(({ port }, k) => ({
      listenPort: ports[k]!,
      advertisedPort: port,
      secret: 's',
      log: { stream },
    }))
    const root = await serve(t, above)
    const remote = { host: 'localhost', port: relays[0]!.port, secret: 's' }
    const pair = new Pair([root, await serve(t, { ...below, remote })], relays)
    stream.on('data', (chunk: Buffer) => (pair.log += chunk.toString()))
    await pair.#untilRoots(1)
    return pair
  }

  async part(): Promise<void> {
    for (const relay of this.#relays) {
      relay.refuse()
      relay.dropConnections()
    }
    await this.#untilRoots(2)
  }

  async heal(): Promise<void> {
    for (const relay of this.#relays) await relay.accept()
    await this.#untilRoots(1)
  }

  #untilRoots(count: number): Promise<true> {
    const roles = (): string[] => this.servers.map((server) => server.status().role)
    return eventually(`${count} roots`, () => {
      const isSo = roles().filter((role) => role === 'root').length === count && !roles().includes('orphan')
      return isSo || undefined
    })
  }
}

/** Everything that a client has heard, and what of it was new: as docs/protocol.md tells clients to keep book. */
class Reader {
  readonly heard: Line[] = []
  readonly texts: string[] = []
  readonly #client: Talker
  readonly #highest = new Map<unknown, number>()

  constructor(client: Talker) {
    this.#client = client
  }

  look(): this {
    for (const line of this.#client.lines.splice(0)) {
      this.heard.push(line)
      const { command, publisher, n, activity } = line
      if (command !== 'ACTIVITY_BROADCAST' || Number(n) <= (this.#highest.get(publisher) ?? 0)) continue
      this.#highest.set(publisher, Number(n))
      this.texts.push(String((activity as Line)['text']))
    }
    return this
  }

  hasHeard(what: Line): true | undefined {
    return this.look().heard.some((line) => Object.entries(what).every(([key, value]) => line[key] === value))
      ? true
      : undefined
  }
}

async function enter(t: ExecutionContext, server: RunningServer, more: object) {
  const client = new Talker(t, server)
  const answer = await client.ask({ ...login, ...more })
  t.is(answer['command'], 'LOGIN_SUCCESS')
  return { client, reader: new Reader(client), answer }
}

type Entered = Awaited<ReturnType<typeof enter>>

/** Says it under this number, and waits until it is logged. */
async function publish({ client, reader }: Entered, id: number, text: string): Promise<void> {
  client.say({ command: 'ACTIVITY_MESSAGE', id, activity: { text } })
  await eventually(`${text} is logged`, () => reader.hasHeard({ command: 'ACTIVITY_ACK', id }))
}

for (const [from, to] of [
  [0, 1],
  [1, 0],
] as const) {
  test(`two programs hold a session in two trees, the later one at server ${to}: one is left, and both were heard`, async (t) => {
    const pair = await Pair.of(t)
    const [here, there] = [pair.servers[from], pair.servers[to]]
    const lookers = await Promise.all(pair.servers.map((server) => enter(t, server, {})))
    const first = await enter(t, here, { holder: 'first' })
    await publish(first, 1, 'together')
    await pair.part()
    const { session, publisher } = first.answer
    const second = await enter(t, there, { holder: 'second', resume: { session, publisher } })
    t.is(second.answer['session'], session)
    // Each numbers on its own what it says, and both are told that the log has it.
    await publish(second, 1, 'of the second')
    await publish(second, 2, 'and more')
    await publish(first, 2, 'of the first')
    t.false(first.client.closed)
    await pair.heal()
    await first.client.untilClosed()
    t.deepEqual(first.reader.look().heard.at(-1), takenOver)
    await publish(second, 3, 'alone')
    t.false(second.client.closed)
    const all = ['together', 'of the first', 'of the second', 'and more', 'alone'].sort()
    for (const { reader } of lookers) {
      await eventually('it has heard everything', () => reader.look().texts.length >= all.length || undefined)
      t.deepEqual([...reader.texts].sort(), all)
    }
  })
}

test('a client that moved by itself while the network was parted is one holder, and says nothing twice', async (t) => {
  const pair = await Pair.of(t)
  const [here, there] = pair.servers
  const looker = await enter(t, here, {})
  const before = await enter(t, there, { holder: 'the same' })
  await pair.part()
  await publish(before, 1, 'once')
  const { session, publisher, lineage } = before.answer
  const after = await enter(t, here, { holder: 'the same', resume: { session, publisher, lineage } })
  t.is(after.answer['publisher'], publisher)
  // What it said over there is not known here yet: it says it again under the same number.
  t.is(after.answer['expect'], 1)
  await publish(after, 1, 'once')
  await pair.heal()
  await before.client.untilClosed()
  t.is(before.reader.hasHeard(takenOver), undefined)
  await publish(after, 2, 'at last')
  t.false(after.client.closed)
  await eventually(
    'it has heard everything',
    () => looker.reader.look().texts.includes('at last') || undefined,
  )
  t.deepEqual(looker.reader.texts, ['once', 'at last'])
  t.notRegex(pair.log, /lost [0-9]+ message/)
})

test('two that name no holder are taken for one: the older is ended, and the log says that a message is lost', async (t) => {
  const pair = await Pair.of(t)
  const [here, there] = pair.servers
  const first = await enter(t, here, {})
  await pair.part()
  const { session, publisher } = first.answer
  const second = await enter(t, there, { resume: { session, publisher } })
  t.is(second.answer['publisher'], publisher)
  await publish(first, 1, 'of the first')
  await publish(second, 1, 'of the second')
  await pair.heal()
  await first.client.untilClosed()
  await eventually(
    'it is said',
    () => /lost 1 message of a client: .* another program used the same session/.test(pair.log) || undefined,
  )
  await publish(second, 2, 'alone')
  t.false(second.client.closed)
})
