/** A client on another machine is never sent to `localhost`: there that is its own machine. */
import test from 'ava'
import { asClientId, asLinkId, asSessionToken, type ClientId, type LinkId } from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { authenticate } from './support/authenticate.js'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const here = (name: string, port: number) => ({ ...address(name), host: 'localhost', port })
const [near, far, further] = [1, 2, 3].map(asClientId) as [ClientId, ClientId, ClientId]

/** A root known as localhost, with a child on the same machine. */
function root(): CoreAtHand {
  const server = new CoreAtHand({ disk: undefined, balance: false, self: here('me', 1) })
  server.turn({ type: 'start' })
  const link = asLinkId(2)
  server.turn(
    { type: 'link-accepted', link, remoteHost: '127.0.0.1' },
    { type: 'link-message', link, message: authenticate(here('b', 2)) },
  )
  return server
}

function logIn(server: CoreAtHand, client: ClientId, remoteHost: string, reachedAt: string): ServerEffect[] {
  return server.turn(
    {
      type: 'client-opened',
      client,
      remoteHost,
      reachedAt,
      freshToken: asSessionToken(String(client).repeat(32)),
      dialect: 'lines',
    },
    {
      type: 'client-line',
      client,
      value: { command: 'LOGIN', username: 'anonymous', features: ['servers'] },
    },
  )
}

const told = (effects: readonly ServerEffect[], client: ClientId, command: string): object[] =>
  effects.flatMap((effect) =>
    effect.type === 'send-to-client' && effect.client === client && effect.command.command === command
      ? [effect.command]
      : [],
  )

const warnings = (effects: readonly ServerEffect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === 'report' && effect.event.event === 'warning' ? [effect.event.info] : [],
  )

test('the list of servers and a redirect name the address by which the client has come', (t) => {
  const server = root()
  t.like(told(logIn(server, near, '127.0.0.1', '127.0.0.1'), near, 'LOGIN_SUCCESS')[0], {
    servers: [{ hostname: 'localhost', port: 2 }],
  })
  t.like(told(logIn(server, far, '192.0.2.7', '192.0.2.1'), far, 'LOGIN_SUCCESS')[0], {
    servers: [{ hostname: '192.0.2.1', port: 2 }],
  })
  const asked = server.turn({ type: 'leave' }).find((effect) => effect.type === 'dial')
  const link = (asked as { link: LinkId }).link
  const effects = server.turn(
    { type: 'link-opened', link },
    { type: 'link-message', link, message: { type: 'OFFER_RESULT', count: 2, clients: 2 } },
  )
  t.like(told(effects, near, 'REDIRECT')[0], { hostname: 'localhost', port: 2 })
  t.like(told(effects, far, 'REDIRECT')[0], { hostname: '192.0.2.1', port: 2 })
})

test('the log warns once that a loopback name is of no use to clients from elsewhere', (t) => {
  const server = root()
  t.deepEqual(warnings(logIn(server, near, '::1', '::1')), [])
  t.regex(warnings(logIn(server, far, '192.0.2.7', '192.0.2.1'))[0]!, /-lh/)
  t.deepEqual(warnings(logIn(server, further, '192.0.2.8', '192.0.2.1')), [])
})
