/** Frames: what goes in comes out, however the socket cuts it; what is no frame is refused, and never an accident. */
import {
  entriesIn,
  fromWire,
  LogRun,
  MalformedMessage,
  PackedMessage,
  toWire,
  type ServerMessage,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { pack } from 'msgpackr'
import { packFrame, packets, unpackFrame } from '#dist/frame.js'
import { FrameSplitter } from '#dist/frame-splitter.js'
import { MalformedFrame } from '#dist/message-pack-guard.js'

const limit = 100_000

/** The contents of one frame. */
function contentOf(frame: Buffer): Uint8Array {
  const splitter = new FrameSplitter(limit)
  const [content, ...more] = splitter.push(frame)
  if (content === undefined || more.length > 0 || splitter.flaw !== undefined)
    throw new Error('not one frame')
  return content
}

const bytes = fc.uint8Array({ maxLength: 300 })
const packedMessage = fc.array(bytes, { maxLength: 4 }).map((parts) => new PackedMessage(parts))
const named = fc.dictionary(
  fc.string({ maxLength: 9 }),
  fc.oneof(fc.maxSafeInteger(), fc.string(), fc.boolean()),
  {
    noNullPrototype: true,
  },
)
const messages = fc.array(fc.oneof(packedMessage, named), { maxLength: 20 })
const asReceived = (all: readonly unknown[]): unknown[] =>
  all.map((message) => (message instanceof PackedMessage ? [...message.toBytes()] : message))
const plain = (all: readonly unknown[] | undefined): unknown[] | undefined =>
  all?.map((message) => (message instanceof Uint8Array ? [...message] : message))

test('any messages come out of a frame as they went in', (t) => {
  fc.assert(
    fc.property(messages, (all) => {
      t.deepEqual(plain(unpackFrame(contentOf(packFrame(all)))), asReceived(all))
    }),
    { numRuns: 300 },
  )
})

test('however a socket cuts frames, each comes out once and in its order', (t) => {
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 400 }))
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 6 }), cuts, (frames, sizes) => {
      const stream = Buffer.concat(frames.map(packFrame))
      const splitter = new FrameSplitter(limit)
      const found: Uint8Array[] = []
      for (let at = 0; at < stream.length;) {
        const size = sizes.next().value as number
        found.push(...splitter.push(stream.subarray(at, at + size)))
        at += size
      }
      t.is(splitter.flaw, undefined)
      t.deepEqual(
        found.map((content) => plain(unpackFrame(content))),
        frames.map(asReceived),
      )
    }),
    { numRuns: 200 },
  )
})

test('what is bytes in a frame that came in one piece is a view into it', (t) => {
  const frame = packFrame([new PackedMessage([Buffer.from('body')])])
  const [message] = unpackFrame(contentOf(frame))! as [Uint8Array]
  t.is(message.buffer, frame.buffer)
})

test('a frame as net-ipc packs it is read as well, and its last word is no message', (t) => {
  const all = [{ type: 'LOST' }, { type: 'SOME', members: [] }]
  t.deepEqual(unpackFrame(pack({ t: packets.message, d: all })), all)
  t.deepEqual(unpackFrame(pack({ d: all, t: packets.message })), all)
  t.deepEqual(
    unpackFrame(pack({ t: packets.message, d: new Array<number>(20).fill(1) })),
    new Array(20).fill(1),
  )
  t.is(unpackFrame(pack({ t: packets.end })), undefined)
})

test('a frame of the longest length is taken, a longer one never waited for', (t) => {
  const longest = contentOf(packFrame([new PackedMessage([new Uint8Array(1_000)])])).length
  const frame = packFrame([new PackedMessage([new Uint8Array(1_000)])])
  t.is(new FrameSplitter(longest).push(frame).length, 1)
  const splitter = new FrameSplitter(longest - 1)
  t.deepEqual(splitter.push(frame.subarray(0, 5)), [])
  t.is(splitter.flaw, `a frame longer than ${longest - 1} bytes`)
  t.deepEqual(splitter.push(frame.subarray(5)), [], 'nothing is read after that')
})

test('a good frame before a bad one comes out', (t) => {
  const splitter = new FrameSplitter(limit)
  const good = packFrame([{ a: 1 }])
  t.is(splitter.push(Buffer.concat([good, Buffer.alloc(9, 1)])).length, 1)
  t.is(splitter.flaw, 'not a net-ipc frame')
})

const opening = [0x82, 0xa1, 0x74, 1, 0xa1, 0x64]
for (const [what, content] of [
  ['nothing', []],
  ['no list', [...opening, 0xa1, 0x61]],
  ['a list that announces more than there is', [...opening, 0xdd, 0xff, 0xff, 0xff, 0xff]],
  ['bytes that announce more than there is', [...opening, 0x91, 0xc6, 0xff, 0xff, 0xff, 0xff]],
  ['bytes that end too early', [...opening, 0x91, 0xc4, 0x05, 1, 2]],
  ['a list that ends too early', [...opening, 0x92, 0x01]],
  ['a list that goes on', [...opening, 0x91, 0x01, 0x01]],
  ['a length that ends too early', [...opening, 0xdc, 0x00]],
  ['a list for a key', [...opening, 0x91, 0x81, 0x90, 0x01]],
  ['a list for a key, where net-ipc would have a list', [...opening, 0x81, 0x90, 0x01]],
  ['a regular expression', [...opening, 0x91, 0xc7, 0x05, 0x78, 0x92, 0xa1, 0x61, 0xa0, 0x00]],
  ['another packet', [0x82, 0xa1, 0x74, 4, 0xa1, 0x64, 0x90]],
] as const)
  test(`refused: ${what}`, (t) => {
    t.throws(() => unpackFrame(Uint8Array.from(content)), { instanceOf: MalformedFrame })
  })

test('nesting of any depth is refused or read, and no accident', (t) => {
  const content = Buffer.concat([
    Buffer.from([...opening, 0x91]),
    Buffer.alloc(2_000_000, 0x91),
    Buffer.from([1]),
  ])
  t.throws(() => unpackFrame(content), { instanceOf: MalformedFrame })
})

const log: ServerMessage = {
  ...{ type: 'LOG', from: 1, commit: 0, ack: true },
  runs: [1, 2].map((n) =>
    LogRun.of({
      ...{ publisher: 'p' as never, n, kind: 'activity', epoch: '1.a#1' as never, timestamp: 4 * n },
      body: Buffer.from('{"command":"ACTIVITY_BROADCAST"}\n'),
    }),
  ),
}

/** Undefined: refused in one of the ways that a link knows. Anything else is the test's. */
function readOrRefuse(content: Uint8Array): unknown {
  try {
    return unpackFrame(content)?.map((raw) => fromWire(raw))
  } catch (error) {
    if (error instanceof MalformedFrame || error instanceof MalformedMessage) return undefined
    throw error
  }
}

test('a frame with some bytes changed is refused at some step, or still messages', (t) => {
  const content = contentOf(
    packFrame([toWire(log), toWire({ type: 'LOST' }), toWire({ type: 'ACK', index: 1 })]),
  )
  const [first] = readOrRefuse(content) as ServerMessage[]
  t.deepEqual(first?.type === 'LOG' && entriesIn(first.runs).map(({ n }) => n), [1, 2])
  let refused = 0
  const change = fc.tuple(fc.nat(content.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const spoilt = Uint8Array.from(content)
      for (const [at, byte] of changes) spoilt[at] = byte
      if (readOrRefuse(spoilt) === undefined) refused++
    }),
    { numRuns: 5_000 },
  )
  t.true(refused > 1_000)
})

test('any bytes at all, also in what begins well, are refused at some step, or messages', (t) => {
  fc.assert(
    fc.property(fc.boolean(), fc.uint8Array({ maxLength: 200 }), (isWellBegun, bytes) => {
      readOrRefuse(Uint8Array.from([...(isWellBegun ? [...opening, 0x91] : []), ...bytes]))
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})
