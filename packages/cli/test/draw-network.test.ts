import test from 'ava'
import { drawNetwork } from '#dist/tree/draw-network.js'
import { isWhole } from '#dist/tree/network-view.js'
import { plain } from '#dist/terminal/palette.js'
import { ancestor, silentServer, status } from './support/statuses.js'

const whole = {
  servers: [
    status('d', { parents: 'ba' }),
    status('a', { role: 'root', children: 'bc', clients: 2, clock: 'clock' }),
    status('c', { parents: 'a', clients: 1 }),
    status('b', { parents: 'a', children: 'd' }),
  ],
  silent: [],
}

test('a whole tree, children by port below their parent', (t) => {
  t.deepEqual(drawNetwork(whole, plain), [
    '4 servers · 3 clients · epoch 3 · clock localhost:3779 · jwp 0.1.0, protocol 1',
    'a        localhost:3701  root   2 clients  log 1,200  ok',
    '├─ b     localhost:3702  child  0 clients  log 1,200  ok',
    '│  └─ d  localhost:3704  child  0 clients  log 1,200  ok',
    '└─ c     localhost:3703  child   1 client  log 1,200  ok',
  ])
  t.true(isWhole(whole))
  t.true(isWhole(whole, 4))
  t.false(isWhole(whole, 5))
})

test('names are left out when they say nothing but the address', (t) => {
  const view = {
    servers: [status('a', { role: 'root', name: 'localhost:3701', clock: 'clock' })],
    silent: [],
  }
  t.deepEqual(drawNetwork(view, plain), [
    '1 server · 0 clients · epoch 3 · clock localhost:3779 · jwp 0.1.0, protocol 1',
    'localhost:3701  root  0 clients  log 1,200  ok',
  ])
})

test('orphans stand beside the root, with what waits in them', (t) => {
  const view = {
    servers: [
      status('a', { role: 'root', clock: 'hybrid' }),
      status('d', { role: 'orphan', pending: 12, children: 'e' }),
      status('e', { parents: 'd' }),
    ],
    silent: [],
  }
  t.deepEqual(drawNetwork(view, plain), [
    '3 servers · 0 clients · epoch 3 · no clock: hybrid time · jwp 0.1.0, protocol 1',
    'a     localhost:3701  root    0 clients  log 1,200  no answer from the clock localhost:3779',
    'd     localhost:3704  orphan  0 clients  log 1,200  looking for a parent, 12 waiting',
    '└─ e  localhost:3705  child   0 clients  log 1,200  ok',
  ])
  t.false(isWhole(view))
})

test('a silent server is drawn below the parent that names it', (t) => {
  const view = {
    servers: [status('a', { role: 'root', children: 'bc', clock: 'clock' }), status('b', { parents: 'a' })],
    silent: [silentServer('c', 'connection refused')],
  }
  t.deepEqual(drawNetwork(view, plain), [
    '2 servers · 0 clients · 1 silent · epoch 3 · clock localhost:3779 · jwp 0.1.0, protocol 1',
    'a     localhost:3701  root    0 clients  log 1,200  ok',
    '├─ b  localhost:3702  child   0 clients  log 1,200  ok',
    '└─ ?  localhost:3703  silent                        connection refused',
  ])
  t.false(isWhole(view))
})

test('statuses from two moments that look like a ring are drawn once each', (t) => {
  const view = { servers: [status('a', { parents: 'b' }), status('b', { parents: 'a' })], silent: [] }
  const lines = drawNetwork(view, plain)
  t.is(lines.length, 3)
  t.is(lines[0], '2 servers · 0 clients · no root · jwp 0.1.0, protocol 1')
  t.false(isWhole(view))
})

test('a child whose parent does not know it yet, or whose ancestry ends elsewhere, is not whole', (t) => {
  const root = status('a', { role: 'root', children: 'b', clock: 'clock' })
  t.true(isWhole({ servers: [root, status('b', { parents: 'a' })], silent: [] }))
  t.false(isWhole({ servers: [{ ...root, children: [] }, status('b', { parents: 'a' })], silent: [] }))
  const stale = { ...status('b', { parents: 'a' }), ancestry: [ancestor('a'), ancestor('z')] }
  t.false(isWhole({ servers: [root, stale], silent: [] }))
})

test('what others call themselves, their clock and their version cannot steer the terminal', (t) => {
  const evil = '\u001b[2J\u202e\u200bx'
  const root = status('a', { role: 'root', children: 'bc', clock: 'clock', name: evil })
  const view = {
    servers: [
      { ...root, hostname: evil, version: evil, clock: { ...root.clock, host: evil } },
      { ...status('b', { parents: 'a' }), clock: { host: evil, port: 1, mode: 'hybrid' as const } },
    ],
    silent: [{ ...silentServer('c', evil), endpoint: { hostname: evil, port: 2 } }],
  }
  const lines = drawNetwork(view, plain)
  t.notRegex(lines.join(''), /[\p{Cc}\p{Cf}]/u)
  t.regex(lines[0]!, /clock \\u001b\[2J\\u202e\\u200bx:3779/)
})
