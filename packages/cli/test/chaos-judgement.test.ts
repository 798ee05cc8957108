/** What chaos promises and what it lets pass: told from what was done, never from what the servers say. */
import test from 'ava'
import { auditDeliveries } from '#dist/demo/delivery-audit.js'
import { SteadyPublisher } from '#dist/demo/steady-publisher.js'
import { CutBoard } from '#dist/chaos/cut-board.js'
import { cutApart, cutFromClients, cutOff, cutPair } from '#dist/chaos/cuts.js'
import { EventBook } from '#dist/chaos/event-book.js'
import type { Fault } from '#dist/chaos/fault.js'
import { medianAndP99 } from '#dist/chaos/healing-times.js'
import { FreeOrder, whyOrderIsFree } from '#dist/chaos/order-promise.js'
import type { StruckFault } from '#dist/chaos/strike.js'
import { Relay, type Flow } from '@jwp/transport'

const struck = (fault: Fault, fromMs: number, toMs: number, sparedSince?: string): StruckFault => ({
  fault,
  words: '',
  kind: '',
  server: 'a',
  fromMs,
  toMs,
  ...(sparedSince === undefined ? {} : { sparedSince }),
})
const target = { server: 'a' }
const pause: Fault = { kind: 'pause', target, forMs: 1_500 }
const cut: Fault = { kind: 'cut-off', target, way: 'both', forMs: 1_100 }
const kill: Fault = { kind: 'kill', target, backAfterMs: 500 }

test('one order is promised for kills, short pauses and short cuts', (t) => {
  t.is(whyOrderIsFree([struck(kill, 0, 9_000), struck(kill, 100, 500)]), undefined)
  t.is(whyOrderIsFree([struck(pause, 0, 1_500)]), undefined)
  t.is(whyOrderIsFree([struck(cut, 0, 1_100)]), undefined)
  t.is(whyOrderIsFree([struck({ kind: 'clock', how: 'kill', forMs: 3_000 }, 0, 3_000)]), undefined)
})

test('it is not for longer ones, nor for short ones that follow each other, nor for a death during a partition', (t) => {
  t.is(whyOrderIsFree([struck(pause, 0, 1_600)]), 'partitioned for too long')
  t.is(whyOrderIsFree([struck(cut, 0, 1_200)]), 'partitioned for too long')
  t.is(whyOrderIsFree([struck(cut, 0, 1_100), struck(pause, 900, 1_700)]), 'partitioned for too long')
  t.regex(whyOrderIsFree([struck(pause, 0, 500), struck(kill, 0, 500)])!, /ended while/)
  t.is(whyOrderIsFree([struck(pause, 0, 0, 'it is down'), struck(kill, 0, 500)]), undefined)
})

test('disks that come back together keep the order, those that straggle may not', (t) => {
  const blackout: Fault = { kind: 'blackout', backAfterMs: 1_000 }
  t.is(whyOrderIsFree([{ ...struck(blackout, 0, 5_000), returnSpreadMs: 1_800 }]), undefined)
  t.regex(whyOrderIsFree([{ ...struck(blackout, 0, 5_000), returnSpreadMs: 1_900 }])!, /too far apart/)
})

test('what was sent while the order was free is judged for all but the one order', (t) => {
  const publisher = new SteadyPublisher('p', 1, () => Promise.resolve())
  const other = new SteadyPublisher('q', 1, () => Promise.resolve())
  const free = new FreeOrder([publisher, other])
  const receiver = (name: string, words: string) => ({
    name,
    received: words.split(' ').map((word) => ({ publisher: word[0]!, number: Number(word.slice(1)) })),
  })
  const notes = [publisher, other].map(({ name }) => ({ name, sent: 2, acknowledged: [1, 2] }))
  const receivers = [receiver('x', 'p1 q1 p2 q2'), receiver('y', 'q1 p1 p2 q2')]
  t.is(auditDeliveries(notes, receivers, free.isPromised).outOfOrder, 1, 'nothing is free yet')
  const inFreeOrder = ({ number }: { number: number }): boolean => number !== 1
  t.is(auditDeliveries(notes, receivers, inFreeOrder).outOfOrder, 0)
  const swapped = [receiver('x', 'p1 q1 p2 q2'), receiver('y', 'p2 p1 q1 q2')]
  t.is(auditDeliveries(notes, swapped, () => false).outOfOrder, 1, "a sender's own order is always judged")
  t.regex(auditDeliveries(notes, swapped, () => false).examples[0]!, /y got p\/1 out of its sender's order/)
})

test('a range is free from what was not acknowledged at its beginning to what was sent at its end', (t) => {
  const sent: (() => void)[] = []
  const publisher = new SteadyPublisher('p', 10, () => new Promise<void>((resolve) => sent.push(resolve)))
  const free = new FreeOrder([publisher])
  free.end(free.begin())
  t.is(free.count, 0)
  t.true(free.isPromised({ publisher: 'p', number: 1 }))
  t.true(free.isPromised({ publisher: 'unknown', number: 1 }))
})

test('who hears whom in each shape of a cut', (t) => {
  const off = cutOff('a', 'both')
  t.deepEqual([off('a', 'b'), off('b', 'a'), off('client', 'a'), off('b', 'c')], [true, true, true, false])
  const deaf = cutOff('a', 'deaf')
  t.deepEqual([deaf('a', 'b'), deaf('b', 'a')], [false, true])
  const mute = cutPair('a', 'b', 'mute')
  t.deepEqual([mute('a', 'b'), mute('b', 'a'), mute('a', 'c')], [true, false, false])
  const apart = cutApart(['a', 'b'], ['a', 'b', 'c'])
  t.deepEqual(
    [apart('a', 'b'), apart('a', 'c'), apart('c', 'b'), apart('client', 'a'), apart('clock', 'c')],
    [false, true, true, false, false],
  )
  const clients = cutFromClients('a')
  t.deepEqual([clients('client', 'a'), clients('a', 'client'), clients('b', 'a')], [true, true, false])
})

test('a board tells every relay what passes, by who dials, until the last cut is over', (t) => {
  const board = new CutBoard()
  let flowFor: (from: string) => Flow = () => ({ toTarget: true, fromTarget: true })
  const relay = { setFlow: (told: typeof flowFor) => void (flowFor = told) } as unknown as Relay
  board.add('a', relay, '127.7.0.1')
  board.add('b', { setFlow: () => undefined } as unknown as Relay, '127.7.0.2')
  const first = board.cut(cutPair('b', 'a', 'mute'))
  const second = board.cut(cutFromClients('a'))
  t.deepEqual(flowFor('127.7.0.2'), { toTarget: false, fromTarget: true })
  t.deepEqual(flowFor('127.0.0.1'), { toTarget: false, fromTarget: false })
  first()
  t.deepEqual(flowFor('127.7.0.2'), { toTarget: true, fromTarget: true })
  second()
  t.deepEqual(flowFor('127.0.0.1'), { toTarget: true, fromTarget: true })
})

test('moves are read from the logs, other lines are passed over', (t) => {
  const book = new EventBook()
  const beforeMs = performance.now()
  book.read('a', '{"event":"orphaned","parent":"b"}', false)
  book.read('b', '{"event":"became-child"}', false)
  book.read('c', '{"event":"child-joined"}', false)
  book.read('c', 'no JSON {', false)
  book.read('c', '{broken', false)
  book.read('d', '{"event":"late-timers","lateMs":600}', false)
  book.read('e', '{"event":"late-timers","lateMs":900}', true)
  const nowMs = performance.now()
  t.deepEqual(book.movedBetween(beforeMs, nowMs, 'x'), ['a', 'b'])
  t.deepEqual(book.movedBetween(beforeMs, nowMs, 'a'), ['b'])
  t.deepEqual(book.orphanedBetween(beforeMs, nowMs, 'x'), ['a'])
  t.deepEqual(book.movedBetween(nowMs + 1, nowMs + 2, 'x'), [])
  t.deepEqual(book.stalls, { count: 1, longestMs: 600 })
})

test('median and 99th percentile', (t) => {
  t.deepEqual(medianAndP99([]), { median: 0, p99: 0 })
  t.deepEqual(medianAndP99([3, 1, 2]), { median: 2, p99: 3 })
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  t.deepEqual(medianAndP99(hundred), { median: 50, p99: 99 })
})
