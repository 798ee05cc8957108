/** Servers of another version: told in words, asked less and less often, and no reason to run in circles. */
import {
  asLinkId,
  asServerId,
  asServerName,
  type Address,
  type LinkId,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffect, ServerInput } from '@jwp/server/core'
import test from 'ava'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const parent: Address = { name: asServerName('p:1'), host: 'p', port: 1, secret: 'p' }
const words = /no protocol version in common: this server speaks version 2, that one versions 3 to 4/

const dialled = (effects: readonly ServerEffect[]): LinkId[] =>
  effects.flatMap((effect) => (effect.type === 'dial' ? [effect.link] : []))
const heard = (
  link: LinkId,
  message: ServerMessage | { type: 'FOREIGN'; versions: [number, number] | undefined },
) => ({ type: 'link-message', link, message }) as const

/** Goes on until nothing is due for `ms`; every link that is dialled meets `meet`. */
function live(
  server: CoreAtHand,
  ms: number,
  meet: (link: LinkId) => readonly ServerInput[],
): ServerEffect[] {
  const all: ServerEffect[] = []
  const endMs = server.now + ms
  let dials: LinkId[] = []
  while (server.now < endMs) {
    const met = dials.flatMap((link) => [{ type: 'link-opened', link } as const, ...meet(link)])
    server.pass(Math.max(0, Math.min(20, (server.core.nextDeadlineMs() ?? Infinity) - server.now)))
    const effects = server.turn(...met, { type: 'tick' })
    dials = dialled(effects)
    all.push(...effects)
  }
  return all
}

test('who asks in no version that we know is told so, if it knows our secret', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  const ask = (link: LinkId, secret: string): readonly ServerEffect[] =>
    server.turn(
      { type: 'link-accepted', link, remoteHost: '192.0.2.7' },
      { type: 'link-message', link, message: { type: 'FOREIGN', versions: undefined, secret } },
    )
  t.deepEqual(ask(asLinkId(2), 'me'), [
    {
      type: 'send',
      link: asLinkId(2),
      message: {
        type: 'AUTHENTICATION_FAIL',
        info: 'no protocol version in common: this server speaks version 2, you no version that it names',
        versions: [2, 2],
      },
    },
    { type: 'close', link: asLinkId(2) },
  ])
  const [refusal] = ask(asLinkId(4), 'guess')
  t.like(refusal, { message: { type: 'AUTHENTICATION_FAIL', info: 'wrong secret' } })
})

test('a server that was told to join one of another version ends with words and exit code 4', (t) => {
  const server = new CoreAtHand({ remote: parent })
  const effects = live2(server, parent)
  const stop = effects.find((effect) => effect.type === 'stop')
  t.is(stop?.exitCode, 4)
  t.regex(stop!.info, /^cannot join p:1: no protocol version in common/)
})

function live2(server: CoreAtHand, _parent: Address): readonly ServerEffect[] {
  const [link] = dialled(server.turn({ type: 'start' }))
  return server.turn(
    { type: 'link-opened', link: link! },
    heard(link!, { type: 'FOREIGN', versions: [3, 4] }),
  )
}

test('a root looks at servers of another version less and less often, and names each once', (t) => {
  const server = new CoreAtHand({ contacts: [address('other')] })
  server.turn({ type: 'start' })
  const effects = live(server, 120_000, (link) => [heard(link, { type: 'FOREIGN', versions: [3, 4] })])
  const asked = dialled(effects).length
  t.true(asked >= 3 && asked <= 10, `asked ${asked} times in two minutes`)
  const warnings = effects.filter((effect) => effect.type === 'report' && effect.event.event === 'warning')
  t.is(warnings.length, 1)
  t.true(warnings[0]?.type === 'report' && words.test(JSON.stringify(warnings[0].event)))
})

test('parents that are lost as soon as they are found: an attempt now and then, whatever the cause', (t) => {
  const server = new CoreAtHand({ remote: parent })
  const parentId = asServerId('p:1#1')
  let taken = 0
  const takeAndDrop = (link: LinkId): readonly ServerInput[] => {
    taken++
    return [
      heard(link, { type: 'REFUSE', why: 'rooted' }),
      heard(link, {
        type: 'AUTHENTICATION_SUCCESS',
        id: parentId,
        path: [{ id: parentId, address: parent }],
        succession: [],
        rootLineage: [],
        epochNumber: 1,
        everywhere: 0,
        contacts: [],
        clock: { host: 'c', port: 3 },
        you: address('me'),
      }),
      { type: 'link-closed', link, info: 'the other end closed' },
    ]
  }
  const [first] = dialled(server.turn({ type: 'start' }))
  server.turn({ type: 'link-opened', link: first! }, ...takeAndDrop(first!))
  live(server, 99_000, takeAndDrop)
  t.true(taken >= 20 && taken <= 200, `taken ${taken} times in 99 s`)
})
