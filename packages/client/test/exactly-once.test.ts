/**
 * Whatever connections, servers and roots do: what was published is in the log once, every `publish` is answered
 * once, and everything in the log is delivered once, in each sender's order.
 */
import test from 'ava'
import fc from 'fast-check'
import type { AckLevel } from '@jwp/protocol'
import { ClientInModel } from './support/client-in-model.js'

const serverCount = 3

type SimpleStep =
  | ('publish' | 'others' | 'flush' | 'accept' | 'flow')
  | ('hidden' | 'refuse' | 'root' | 'lose-pending' | 'full' | 'drained')

type Step =
  | { readonly do: SimpleStep }
  | {
      readonly do: 'advance' | 'order' | 'receive' | 'read' | 'break' | 'cut' | 'lose-tail'
      readonly much: number
    }
  | { readonly do: 'apply'; readonly server: number; readonly much: number }

const much = fc.integer({ min: 1, max: 12 })
const oneOf = <Name extends string>(...names: Name[]) => fc.record({ do: fc.constantFrom(...names) })
const oneOfMuch = <Name extends string>(...names: Name[]) =>
  fc.record({ do: fc.constantFrom(...names), much })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: oneOf('publish', 'others', 'flush', 'accept', 'flow') },
  { weight: 1, arbitrary: oneOf('hidden', 'refuse', 'root', 'lose-pending', 'full', 'drained') },
  { weight: 6, arbitrary: oneOfMuch('order', 'receive', 'read') },
  { weight: 1, arbitrary: oneOfMuch('break', 'cut', 'lose-tail') },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advance' as const), much: fc.integer({ min: 1, max: 4_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('apply' as const), server: fc.nat(serverCount - 1), much }),
  },
)

function take(client: ClientInModel, counters: { others: number }, step: Step): void {
  const { network } = client
  const owner = network.connection?.publisher ?? 'client-1'
  switch (step.do) {
    case 'publish':
      return client.publish()
    case 'others':
      return network.publish('other', ++counters.others)
    case 'hidden':
      return network.appendHidden()
    case 'flush':
      return network.flush()
    case 'flow':
      return client.flow()
    case 'accept':
      return client.answerDial(true)
    case 'refuse':
      return client.answerDial(false)
    case 'full':
      return client.fill(true)
    case 'drained':
      return client.fill(false)
    case 'root':
      return network.changeRoot(0)
    case 'cut':
      return network.changeRoot(step.much)
    case 'lose-tail':
      return network.loseTail(step.much, owner)
    case 'lose-pending':
      return network.losePending(owner)
    case 'advance':
      return client.advance(step.much)
    case 'order':
      return network.order(step.much)
    case 'receive':
      return client.receive(step.much)
    case 'read':
      for (let i = 0; i < step.much; i++) network.readLine()
      return
    case 'break':
      return client.breakConnection(step.much)
    case 'apply':
      return network.apply(step.server, step.much)
  }
}

for (const ackLevel of ['held', 'logged', 'everywhere'] satisfies AckLevel[]) {
  test(`exactly once with acknowledgements at level ${ackLevel}`, (t) => {
    const run = fc.property(fc.array(step, { minLength: 10, maxLength: 150 }), (steps) => {
      const client = new ClientInModel(serverCount, ackLevel)
      const counters = { others: 0 }
      for (const each of steps) take(client, counters, each)
      client.publish()
      const allSettled = (): boolean => [...client.answers.values()].every((answers) => answers.length > 0)
      const rested = client.heal(() => allSettled() && hasAll(client, counters.others))
      check(client, counters.others)
      if (!rested) throw new Error('not everything was settled and delivered after the last fault')
    })
    fc.assert(run, { numRuns: 250 })
    t.pass()
  })
}

test('a session that the network has lost is replaced, and nothing of others is lost or doubled', (t) => {
  const run = fc.property(fc.array(step, { minLength: 30, maxLength: 200 }), (steps) => {
    const client = new ClientInModel(serverCount, 'logged', { keptAfterLogged: 1, windowSize: 5 })
    const counters = { others: 0 }
    for (const each of steps) take(client, counters, each)
    client.publish()
    counters.others++
    client.network.publish('other', counters.others)
    const allAnswered = (): boolean => [...client.answers.values()].every((answers) => answers.length > 0)
    const rested = client.heal(() => allAnswered() && hasOthers(client, counters.others))
    for (const [ticket, answers] of client.answers)
      if (answers.length !== 1) throw new Error(`message ${ticket} was answered with ${answers.join(', ')}`)
    const places = client.delivered.map(({ publisher, n }) => `${publisher} ${n}`)
    same(places.length, new Set(places).size, 'different messages delivered')
    const texts = client.network.log.flatMap(({ publisher, text }) =>
      publisher?.startsWith('client-') ? [text] : [],
    )
    same(texts.length, new Set(texts).size, 'different own messages in the log')
    checkOthers(client, counters.others)
    if (!rested) throw new Error('not everything was answered and delivered after the last fault')
  })
  fc.assert(run, { numRuns: 250 })
  t.pass()
})

function hasAll(client: ClientInModel, others: number): boolean {
  const own = client.delivered.filter((each) => each.own).length
  return own === client.published.length && hasOthers(client, others)
}

function check(client: ClientInModel, others: number): void {
  if (client.stopped) throw new Error('the client gave up')
  for (const [ticket, answers] of client.answers)
    same(answers, ['settled'], `the answers to message ${ticket}`)
  same(
    client.network.log.filter(({ publisher }) => publisher?.startsWith('client-')).map(({ text }) => text),
    client.published,
    'what the log holds of this client',
  )
  const own = client.delivered.filter((each) => each.own)
  same(
    own.map(({ text }) => text),
    client.published,
    'own messages that came back',
  )
  checkOthers(client, others)
}

function checkOthers(client: ClientInModel, others: number): void {
  // What was in the log before this client came may come again, if its place changed since: the client never had it.
  const theirs = numbersOf(client, 'other')
  const first = theirs[0] ?? others + 1
  if (first > hadBefore(client) + 1) throw new Error(`the first message that came of the other is ${first}`)
  same(theirs, numbers(first, others), 'messages of the other publisher')
}

/** If all of them were in the log before this client came, it gets none. */
const hasOthers = (client: ClientInModel, others: number): boolean =>
  (numbersOf(client, 'other').at(-1) ?? hadBefore(client)) === others

const hadBefore = (client: ClientInModel): number => client.network.hadAtFirstLogin?.get('other') ?? 0

const numbersOf = (client: ClientInModel, wanted: string): number[] =>
  client.delivered.filter(({ publisher }) => publisher === wanted).map(({ n }) => n)

function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`)
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}
