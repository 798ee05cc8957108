/** What was published reaches everybody as the bytes that were written, over real sockets. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { serve, Talker } from './support/server-under-test.js'

/** One line to a reader, as text. */
function rawLines(talker: Talker): () => Promise<string> {
  let text = ''
  talker.socket.removeAllListeners('data')
  talker.socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () =>
    eventually('a line comes', () => {
      const end = text.indexOf('\n')
      if (end === -1) return undefined
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      return line
    })
}

function withLength(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

for (const writeUtf of [false, true]) {
  test(`${writeUtf ? 'writeUTF' : 'lines'}: numbers, order and escapes stay as they were written`, async (t) => {
    const server = await serve(t)
    const ann = await new Talker(t, server, { writeUtf }).loginAnonymously()
    const bob = new Talker(t, server)
    await bob.ask({ command: 'LOGIN', username: 'anonymous', features: ['resume'] })
    const [plain, placed] = [rawLines(ann), rawLines(bob)]
    const members = String.raw`"big":12345678901234567890,"huge":1e400,"neg":-0,"p":1.10,"b":1,"a":"\u0041","a":2`
    const line = String.raw`{"command":"ACTIVITY_MESSAGE","activity":{"authenticated_user":1,${members},"\u0061uthenticated_user":"eve"}}`
    ann.raw(writeUtf ? withLength(line) : `${line}\n`)
    const published = `{"command":"ACTIVITY_BROADCAST","activity":{${members},"authenticated_user":"anonymous"}`
    t.is(await plain(), `${published}}`)
    t.true((await placed()).startsWith(`${published},"epoch":"`))
  })
}

test('writeUTF: line ends between tokens are spaces, and half characters stay', async (t) => {
  const server = await serve(t)
  const ann = await new Talker(t, server, { writeUtf: true }).loginAnonymously()
  const line = rawLines(ann)
  const parts = [
    '{"command":"ACTIVITY_MESSAGE",\n"activity":\r\n{"a"\n:\t"',
    Buffer.of(0xed, 0xa0, 0x80),
    '"\n}}',
  ]
  ann.raw(withLength(Buffer.concat(parts.map((part) => Buffer.from(part as string)))))
  t.is(
    await line(),
    String.raw`{"command":"ACTIVITY_BROADCAST","activity":{"a" : "\ud800" ,"authenticated_user":"anonymous"}}`,
  )
})

test('a byte order mark before a line is nothing; one line that would grow too long is refused', async (t) => {
  const server = await serve(t)
  const ann = new Talker(t, server)
  ann.raw('\ufeff{"command":"LOGIN","username":"anonymous"}\n\ufeff\n')
  t.is((await ann.next())['command'], 'LOGIN_SUCCESS')
  // 0.9 MB, of which each reader would get 2.7.
  ann.raw(`{"command":"ACTIVITY_MESSAGE","activity":{"a":"${'\u0085'.repeat(450_000)}"}}\n`)
  const refusal = await ann.next()
  t.is(refusal['command'], 'INVALID_MESSAGE')
  t.regex(String(refusal['info']), /^the activity was not published: .* readers take 2097152$/)
  await ann.untilClosed()
})

test('what grew when it was written again stays as long as it was', async (t) => {
  const server = await serve(t)
  const ann = await new Talker(t, server).loginAnonymously()
  const line = rawLines(ann)
  const members = `"a":[${Array<string>(160_000).fill('1e20').join(',')}]`
  ann.raw(`{"command":"ACTIVITY_MESSAGE","activity":{${members}}}\n`)
  t.is(
    await line(),
    `{"command":"ACTIVITY_BROADCAST","activity":{${members},"authenticated_user":"anonymous"}}`,
  )
})

test('words that repeat a name show what cannot be seen', async (t) => {
  const server = await serve(t)
  for (const [command, field] of [
    ['REGISTER', 'REGISTER_FAILED'],
    ['LOGIN', 'LOGIN_FAILED'],
  ]) {
    const answer = await new Talker(t, server).ask({ command, username: 'a\u202eb\u200b', secret: 'x' })
    t.is(answer['command'], field)
    t.true(String(answer['info']).startsWith(String.raw`a\u202eb\u200b `), String(answer['info']))
  }
  const answer = await new Talker(t, server).ask({ command: 'X\u2066', username: 'x' })
  t.is(answer['info'], String.raw`unknown command "X\u2066"`)
})
