/** Servers move, change their secrets, and are remembered wrongly by others: who is believed about what. */
import test from 'ava'
import { asServerName, maxContacts, type Address } from '@jwp/protocol'
import { Contacts } from '#dist/core/tree/contacts.js'

const at = (name: string, host = name, port = 1, secret = 's'): Address => ({
  name: asServerName(name),
  host,
  port,
  secret,
})
const contacts = (...remembered: Address[]): Contacts => new Contacts(remembered, undefined)

test('a server that speaks from another place is known there only, and comes first', (t) => {
  const known = contacts(at('a'), at('b'))
  t.true(known.met(at('b', 'elsewhere', 7)))
  t.deepEqual(known.all(), [at('b', 'elsewhere', 7), at('a')])
  t.false(known.met(at('b', 'elsewhere', 7)), 'nothing new')
})

test('what others remember of it does not bring the old place back alone', (t) => {
  const known = contacts(at('b', 'new'))
  t.true(known.heardOf(at('b', 'old')))
  t.deepEqual(known.all(), [at('b', 'old'), at('b', 'new')], 'nobody knows which is older: both are asked')
  t.true(known.met(at('b', 'new')))
  t.deepEqual(known.all(), [at('b', 'new')])
})

test('another server at the same place takes it over', (t) => {
  const known = contacts(at('a', 'h', 5), at('c'))
  t.true(known.met(at('b', 'h', 5)))
  t.deepEqual(known.all(), [at('b', 'h', 5), at('c')])
})

test('a new secret is believed first hand, and second hand only when the old one was refused', (t) => {
  const known = contacts(at('a', 'a', 1, 'old'))
  t.false(known.heardOf(at('a', 'a', 1, 'other')))
  known.refused(at('a', 'a', 1, 'old'))
  t.true(known.heardOf(at('a', 'a', 1, 'other')))
  t.true(known.met(at('a', 'a', 1, 'new')))
  t.deepEqual(known.all(), [at('a', 'a', 1, 'new')])
  t.false(known.heardOf(at('a', 'a', 1, 'old')), 'somebody who was away for long')
  t.is(known.bestOf([at('a', 'a', 1, 'other'), at('a', 'a', 1, 'new')]).secret, 'new')
})

test('when every secret was refused, each is tried again in turn', (t) => {
  const known = contacts()
  const [one, two] = [at('a', 'a', 1, 'one'), at('a', 'a', 1, 'two')]
  const tried: string[] = []
  for (let k = 0; k < 4; k++) {
    const next = known.bestOf([one, two])
    tried.push(next.secret)
    known.refused(next)
  }
  t.deepEqual(tried, ['one', 'two', 'one', 'two'])
})

test('what an operator says is newer than what was remembered', (t) => {
  const told = at('told', 'h', 5, 'new')
  t.deepEqual(new Contacts([at('a', 'h', 5, 'old'), at('b')], told).all(), [at('b')])
})

test('one who speaks from outside the tree renews what is known, and adds nobody', (t) => {
  const known = contacts(at('a'))
  t.false(known.renewed(at('b')))
  t.true(known.renewed(at('a', 'elsewhere')))
  t.deepEqual(known.all(), [at('a', 'elsewhere')])
})

test('seen from here and from another machine: both are kept, and do not push each other out', (t) => {
  const known = contacts()
  const [near, far] = [at('a', 'localhost', 5), at('a', '10.0.0.2', 5)]
  known.met(near)
  known.met(far)
  t.false(known.met(near))
  t.false(known.met(far))
  t.is(known.all().length, 2)
  known.met(at('a', '10.0.0.3', 6))
  t.deepEqual(known.all(), [at('a', '10.0.0.3', 6)], 'it has moved: neither is right any more')
})

test('bounded, the newest stay', (t) => {
  const known = contacts(...Array.from({ length: 2 * maxContacts }, (_, k) => at(`old${k}`)))
  for (let k = 0; k < 10; k++) known.met(at(`new${k}`))
  t.is(known.all().length, maxContacts)
  t.is(known.all()[0]!.name, asServerName('new9'))
  t.is(known.all().at(-1)!.name, asServerName(`old${maxContacts - 11}`))
})
