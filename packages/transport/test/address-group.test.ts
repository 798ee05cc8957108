import { addressGroup } from '@jwp/transport'
import test from 'ava'

test('all IPv6 addresses of one network of 64 bits are one, however they are written', (t) => {
  const same = [
    '2001:db8::1',
    '2001:db8::2',
    '2001:0db8:0:0:ffff::',
    '2001:DB8:0:0:1:2:3:4',
    '2001:db8::192.0.2.1',
    '2001:db8::1%eth0',
  ]
  t.deepEqual([...new Set(same.map(addressGroup))], ['2001:db8:0:0::/64'])
  for (const other of ['2001:db8:0:1::1', '2001:db8:1::1', '::1', 'fe80::1'])
    t.not(addressGroup(other), addressGroup('2001:db8::1'))
})

test('an IPv4 address is one, also as sockets for both families show it', (t) => {
  for (const text of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201'])
    t.is(addressGroup(text), '192.0.2.1', text)
  t.not(addressGroup('192.0.2.2'), addressGroup('192.0.2.1'))
})

test('what is no address is one with what is written alike', (t) => {
  for (const text of ['', 'a-name', '12345::', '1::2::3', '::ffff:999.0.0.1']) t.is(addressGroup(text), text)
  t.is(addressGroup('A-Name'), 'a-name')
})
