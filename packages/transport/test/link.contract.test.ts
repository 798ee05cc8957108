/**
 * What users of a link may rely on. The real link, with and without TLS, and its twin in memory pass the same tests.
 */
import test, { type ExecutionContext } from 'ava'
import type { Link } from '@jwp/transport'
import { until } from '@jwp/transport'
import { identityFrom, TestAuthority } from './support/certificates.js'
import { memoryPair, netPair } from './support/link-pairs.js'

/** Everything that an end reports, in order. */
function recorder(link: Link): { frames: unknown[][]; closed: string[]; blocked: number; drained: number } {
  const record = { frames: [] as unknown[][], closed: [] as string[], blocked: 0, drained: 0 }
  link.onMessages = (messages) => {
    record.frames.push([...messages])
  }
  link.onClosed = (info) => {
    record.closed.push(info)
  }
  link.onBlocked = () => {
    record.blocked++
  }
  link.onDrained = () => {
    record.drained++
  }
  return record
}

const authority = new TestAuthority()
const identity = identityFrom(authority.issue())
test.after.always(() => {
  authority.end()
})

for (const [kind, pair] of [
  ['net', (t: ExecutionContext) => netPair(t)],
  ['tls', (t: ExecutionContext) => netPair(t, identity)],
  ['memory', memoryPair],
] as const) {
  test(`${kind}: what is sent before one flush arrives together and in order, both ways`, async (t) => {
    const { near, far } = await pair(t)
    const [atNear, atFar] = [recorder(near), recorder(far)]
    near.send('a')
    near.send({ b: 2 })
    near.flush()
    near.flush()
    near.send('c')
    far.send('d')
    far.flush()
    near.flush()
    await until(() => atFar.frames.length === 2 && atNear.frames.length === 1)
    t.deepEqual(atFar.frames, [['a', { b: 2 }], ['c']])
    t.deepEqual(atNear.frames, [['d']])
  })

  test(`${kind}: bytes, big numbers, any text and absent values survive`, async (t) => {
    const { near, far } = await pair(t)
    const atFar = recorder(far)
    const message = {
      bytes: Buffer.from([0, 255, 10]),
      none: new Uint8Array(0),
      big: Number.MAX_SAFE_INTEGER,
      past: 2 ** 52 + 1,
      minus: -5,
      part: 0.5,
      text: 'naïve 日本 😀 \u0000',
      absent: undefined,
      nothing: null,
      list: [[1, 'x', []], true],
    }
    near.send(message)
    near.flush()
    await until(() => atFar.frames.length === 1)
    const { bytes, none, absent, ...rest } = atFar.frames[0]![0] as typeof message
    t.true(bytes instanceof Uint8Array && none instanceof Uint8Array)
    t.deepEqual([...bytes], [0, 255, 10])
    t.is(none.length, 0)
    t.is(absent, undefined)
    const { bytes: _bytes, none: _none, absent: _absent, ...expected } = message
    t.deepEqual(rest, expected)
  })

  test(`${kind}: progress grows with what comes, and with nothing else`, async (t) => {
    const { near, far } = await pair(t)
    const atFar = recorder(far)
    const before = far.progress
    far.send('back')
    far.flush()
    t.is(far.progress, before)
    near.send('x'.repeat(1_000))
    near.flush()
    await until(() => atFar.frames.length === 1)
    const after = far.progress
    t.true(after > before)
    near.send('y')
    near.flush()
    await until(() => atFar.frames.length === 2)
    t.true(far.progress > after)
  })

  test(`${kind}: close sends what was queued, tells the other end once, and reports nothing here`, async (t) => {
    const { near, far } = await pair(t)
    const [atNear, atFar] = [recorder(near), recorder(far)]
    near.send('last words')
    near.close()
    near.send('too late')
    near.flush()
    near.close()
    await until(() => atFar.closed.length > 0)
    far.send('too late')
    far.flush()
    far.close()
    t.deepEqual(atFar.frames, [['last words']])
    t.is(atFar.closed.length, 1)
    t.deepEqual([atNear.frames, atNear.closed], [[], []])
  })

  test(`${kind}: an end that closes while it is handed messages gets no more`, async (t) => {
    const { near, far } = await pair(t)
    const atNear = recorder(near)
    const got: unknown[] = []
    far.onMessages = (messages) => {
      got.push(...messages)
      far.send('enough')
      far.close()
    }
    for (const message of ['one', 'two', 'three']) {
      near.send(message)
      near.flush()
    }
    await until(() => atNear.closed.length > 0)
    t.deepEqual(got, ['one'])
    t.deepEqual(atNear.frames, [['enough']])
  })

  test(`${kind}: both ends close at once, and neither is told`, async (t) => {
    const { near, far } = await pair(t)
    const [atNear, atFar] = [recorder(near), recorder(far)]
    near.close()
    far.close()
    // Another pair's whole life passes meanwhile.
    const other = await pair(t)
    const atOther = recorder(other.far)
    other.near.close()
    await until(() => atOther.closed.length > 0)
    t.deepEqual([atNear.closed, atFar.closed], [[], []])
  })

  test(`${kind}: when the network breaks, both ends are told once`, async (t) => {
    const { near, far, cut } = await pair(t)
    const [atNear, atFar] = [recorder(near), recorder(far)]
    cut()
    await until(() => atNear.closed.length > 0 && atFar.closed.length > 0)
    cut()
    near.close()
    far.close()
    t.is(atNear.closed.length, 1)
    t.is(atFar.closed.length, 1)
  })

  test(`${kind}: an end whose peer does not read is blocked, and drained when it does; nothing is lost`, async (t) => {
    const { near, far, stop, goOn } = await pair(t)
    const [atNear, atFar] = [recorder(near), recorder(far)]
    stop()
    let sent = 0
    while (!near.blocked && sent < 10_000) {
      near.send({ n: sent++, filling: Buffer.alloc(16_384) })
      near.flush()
      await new Promise(setImmediate)
    }
    t.true(near.blocked)
    t.is(atNear.blocked, 1)
    t.is(atNear.drained, 0)
    goOn()
    await until(() => atNear.drained === 1 && atFar.frames.length === sent)
    t.false(near.blocked)
    t.is(atNear.blocked, 1)
    t.deepEqual(
      atFar.frames.map(([message]) => (message as { n: number }).n),
      Array.from({ length: sent }, (_, i) => i),
    )
  })

  test(`${kind}: close does not wait for a peer that never reads`, async (t) => {
    const { near, stop } = await pair(t)
    const atNear = recorder(near)
    stop()
    while (!near.blocked) {
      near.send(Buffer.alloc(65_536))
      near.flush()
      await new Promise(setImmediate)
    }
    near.close()
    near.send('nothing')
    near.flush()
    t.is(atNear.drained, 0)
    t.deepEqual(atNear.closed, [])
  })
}
