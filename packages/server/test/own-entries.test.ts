/** Entries in this server's own name: their numbers, and what becomes of those that others have dropped. */
import test from 'ava'
import { asPublisherId, Random, type LogEntry, type PendingEntry } from '@jwp/protocol'
import { Log } from '#dist/core/log/log.js'
import { OwnEntries } from '#dist/core/log/own-entries.js'
import { bytes, Ground, platform, term } from './support/pieces.js'

const { self: me, options } = new Ground()
const self = me.publisher

const entry = (publisher: string, n: number, kind: LogEntry['kind'], body = ''): LogEntry => ({
  ...{ publisher: asPublisherId(publisher), n, kind, body: bytes(body) },
  ...{ epoch: term(1), timestamp: 1 },
})

class Bench {
  /** Numbers that the log is said to have already. */
  readonly used = new Set<number>()
  readonly applied: string[] = []
  wasForgotten = 0
  readonly own: OwnEntries

  constructor() {
    this.own = new OwnEntries({
      ...{ self: me, platform, log: new Log(platform), random: new Random(options.seed) },
      publish: ({ n }: PendingEntry) => !this.used.has(n),
      onForgotten: () => void this.wasForgotten++,
    })
  }

  say(name: string): number {
    return this.own.publish('barrier', new Uint8Array(0), (index) => this.applied.push(`${name} at ${index}`))
  }

  apply(publisher: string, n: number, index: number): void {
    this.own.apply(entry(publisher, n, 'barrier'), index)
  }

  applySkip(marks: readonly (readonly [string, number])[], index: number): void {
    this.own.apply(entry('other#1/x', 1, 'skip', JSON.stringify(marks)), index)
  }
}

test('each is told once, when its own entry is applied', (t) => {
  const bench = new Bench()
  bench.used.add(2)
  t.deepEqual([bench.say('a'), bench.say('b')], [1, 3])
  bench.apply('somebody', 1, 7)
  bench.apply(self, 3, 8)
  bench.apply(self, 3, 9)
  t.deepEqual(bench.applied, ['b at 8'])
})

test('what a skip stands for has passed, and users are told of again', (t) => {
  const bench = new Bench()
  for (const name of ['a', 'b', 'c']) bench.say(name)
  bench.applySkip([['somebody', 9]], 4)
  t.deepEqual([bench.applied, bench.wasForgotten], [[], 0])
  bench.applySkip(
    [
      ['somebody', 10],
      [self, 2],
    ],
    5,
  )
  t.deepEqual(bench.applied, ['a at 5', 'b at 5'])
  t.is(bench.wasForgotten, 1)
  bench.apply(self, 3, 6)
  t.deepEqual(bench.applied, ['a at 5', 'b at 5', 'c at 6'])
})
