import test from 'ava'
import {
  auditDeliveries,
  isFlawless,
  type PublisherNotes,
  type ReceiverNotes,
} from '#dist/demo/delivery-audit.js'

/** `"p1 q1 p2"`: what a receiver got, publisher by letter. */
function receiver(name: string, text: string): ReceiverNotes {
  const received = text.split(' ').map((word) => ({ publisher: word[0]!, number: Number(word.slice(1)) }))
  return { name, received }
}

function publisher(name: string, acknowledged: number[], sent = acknowledged.length): PublisherNotes {
  return { name, sent, acknowledged }
}

const p = publisher('p', [1, 2, 3])
const q = publisher('q', [1, 2])

test('one order everywhere, nothing missing, is flawless', (t) => {
  const result = auditDeliveries([p, q], [receiver('x', 'p1 q1 p2 q2 p3'), receiver('y', 'p1 q1 p2 q2 p3')])
  t.deepEqual(result, {
    sent: 5,
    acknowledged: 5,
    unacknowledged: 0,
    delivered: 10,
    lost: 0,
    twice: 0,
    outOfOrder: 0,
    examples: [],
  })
  t.true(isFlawless(result))
})

test('an acknowledged message is lost once per receiver that lacks it', (t) => {
  const result = auditDeliveries([p, q], [receiver('x', 'p1 q1 p2 q2'), receiver('y', 'p1 q1 p2')])
  t.is(result.lost, 3)
  t.is(result.outOfOrder, 0)
  t.false(isFlawless(result))
})

test('a message that was not acknowledged may arrive or not; it shows in the count', (t) => {
  const result = auditDeliveries([publisher('p', [1], 2)], [receiver('x', 'p1 p2'), receiver('y', 'p1')])
  t.is(result.lost, 0)
  t.is(result.unacknowledged, 1)
  t.false(isFlawless(result))
})

test('a second receipt counts as twice and not as out of order', (t) => {
  const result = auditDeliveries(
    [p, q],
    [receiver('x', 'p1 q1 p2 p1 q2 p3'), receiver('y', 'p1 q1 p2 q2 p3')],
  )
  t.is(result.twice, 1)
  t.is(result.outOfOrder, 0)
})

test('two receivers with different orders are out of order, though each publisher is in order', (t) => {
  const result = auditDeliveries([p, q], [receiver('x', 'p1 q1 p2 q2 p3'), receiver('y', 'p1 p2 q1 q2 p3')])
  t.is(result.outOfOrder, 1)
})

test("a publisher's messages in the wrong order are out of order even if all receivers agree", (t) => {
  const result = auditDeliveries([p], [receiver('x', 'p2 p1 p3'), receiver('y', 'p2 p1 p3')])
  t.is(result.outOfOrder, 2)
})
