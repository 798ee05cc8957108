/** What is spoken between two sides, and what each is told when there is nothing. */
import { readFileSync } from 'node:fs'
import {
  clockMessageFromWire,
  clockMessageToWire,
  clockVersionSpoken,
  ForeignVersion,
  fromWire,
  highestInCommon,
  noVersionInCommon,
  serverProtocolVersions,
  softwareVersion,
  toWire,
  versionRangeFrom,
  versionSpoken,
  type VersionRange,
} from '@jwp/protocol'
import test from 'ava'

test('the highest version in common is spoken; without one, none', (t) => {
  const cases: readonly (readonly [VersionRange, VersionRange, number | undefined])[] = [
    [[1, 1], [1, 1], 1],
    [[1, 3], [2, 5], 3],
    [[2, 5], [1, 3], 3],
    [[1, 9], [4, 4], 4],
    [[1, 2], [3, 4], undefined],
    [[3, 4], [1, 2], undefined],
  ]
  for (const [ours, theirs, spoken] of cases) t.is(highestInCommon(ours, theirs), spoken)
  t.is(versionSpoken({ type: 'STATUS', secret: 'x', versions: [2, 7] }, [1, 3]), 3)
  t.is(versionSpoken({ type: 'REFUSE', why: 'busy', version: 2 }, [1, 3]), 2)
  t.is(versionSpoken({ type: 'HELD', batch: 1 }, [1, 3]), undefined)
  t.is(clockVersionSpoken({ versions: [1, 7] }), 1)
})

test('what is no range is none', (t) => {
  for (const value of [undefined, null, 'one', -1, 1.5, [], [1], [2, 1], [1, 2, 3], [1, '2'], {}])
    t.is(versionRangeFrom(value), undefined)
  t.deepEqual(versionRangeFrom(3), [3, 3])
  t.deepEqual(versionRangeFrom([1, 3]), [1, 3])
})

test('of a first message in another version, only versions and secret are believed', (t) => {
  for (const type of ['AUTHENTICATE', 'PROBE', 'OFFER', 'STATUS']) {
    t.deepEqual(fromWire({ type, secret: 's', lineage: 'as it will be in version 9', versions: [8, 9] }), {
      type: 'FOREIGN',
      versions: [8, 9],
      secret: 's',
    })
    t.deepEqual(fromWire({ type, secret: 's' }), { type: 'FOREIGN', versions: undefined, secret: 's' })
    t.deepEqual(fromWire({ type, secret: 7 }), { type: 'FOREIGN', versions: undefined, secret: '' })
  }
  for (const type of ['AUTHENTICATION_SUCCESS', 'REFUSE', 'PROBE_RESULT', 'OFFER_RESULT', 'STATUS_RESULT']) {
    t.deepEqual(fromWire({ type, why: 'rooted' }), { type: 'FOREIGN', versions: undefined })
    t.deepEqual(fromWire({ type, version: 9 }), { type: 'FOREIGN', versions: [9, 9] })
  }
})

test('a refusal for its version says which versions the other side speaks; any other is words', (t) => {
  const info = 'no protocol version in common'
  t.deepEqual(fromWire({ type: 'AUTHENTICATION_FAIL', info, versions: [8, 9] }), {
    type: 'FOREIGN',
    versions: [8, 9],
  })
  t.deepEqual(fromWire({ type: 'AUTHENTICATION_FAIL', info: 'wrong secret' }), {
    type: 'AUTHENTICATION_FAIL',
    info: 'wrong secret',
  })
})

test('first messages carry the versions, their answers the one that is spoken, and nothing else carries any', (t) => {
  t.like(toWire({ type: 'STATUS', secret: 's' }), { versions: serverProtocolVersions })
  t.like(toWire({ type: 'REFUSE', why: 'busy' }, 1), { version: 1 })
  t.deepEqual(toWire({ type: 'LOST' }), { type: 'LOST' })
})

test('between server and clock as well, in words that name both sides', (t) => {
  const question = { type: 'TIME', nonce: 1, count: 1, atLeast: 0 } as const
  t.throws(() => clockMessageFromWire(question), {
    instanceOf: ForeignVersion,
    message: noVersionInCommon('this clock', [1, 1], 'the server', undefined),
  })
  const grant = { type: 'GRANT', nonce: 1, start: 5, count: 1 } as const
  t.throws(() => clockMessageFromWire({ ...grant, version: 2 }), {
    instanceOf: ForeignVersion,
    message: 'no protocol version in common: this server speaks version 1, the clock version 2',
  })
  for (const message of [question, grant])
    t.deepEqual(clockMessageFromWire(clockMessageToWire(message)), message)
  const refusal = { type: 'TIME_REFUSED', nonce: 0, info: 'words are understood in every version' } as const
  t.deepEqual(clockMessageFromWire(refusal), refusal)
})

test('the version that is told is that of the packages', (t) => {
  const folder = new URL('../../../', import.meta.url)
  for (const name of ['protocol', 'server', 'clock-server', 'client', 'cli', 'transport', 'simulator']) {
    const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), 'utf8')) as {
      version: string
    }
    t.is(version, softwareVersion, name)
  }
})
