/** A line that no client takes, as an older server may still keep one: passed once, on the same connection. */
import { connect } from '@jwp/client'
import test from 'ava'
import { until } from '@jwp/transport'
import { broadcastLine } from './support/core-bench.js'
import { answerWell, ScriptedServer } from './support/scripted-server.js'

test('a line of 4.4 MB is one gap, and what follows it arrives', async (t) => {
  const server = await ScriptedServer.start(answerWell)
  const connection = await connect({ servers: [server.address] })
  const got: unknown[] = []
  const gaps: unknown[] = []
  const losses: string[] = []
  connection.on('broadcast', ({ activity }) => got.push(activity['text']))
  connection.on('gap', (gap) => gaps.push(gap))
  connection.on('disconnected', (_server, info) => losses.push(info))
  const [line] = server.connections
  const long = { a: Array<number>(160_000).fill(1e20), quoted: ',"epoch":"9.z#1","index":77,"n":3}' }
  const other = (index: number) => broadcastLine({ index, publisher: 'other', n: index })
  line!.writeCommand({ ...other(1), activity: { text: 'before' } })
  line!.writeCommand({ ...other(2), activity: long })
  // Not too long, and no JSON.
  line!.write(Buffer.from(`${JSON.stringify(other(3)).replace('"activity":{', '"activity":{oh no,')}\n`))
  line!.writeCommand({ ...other(4), activity: { text: 'after' } })
  await until(() => got.length === 2 || losses.length > 0, 'what follows')
  t.deepEqual(losses, [])
  t.deepEqual(got, ['before', 'after'])
  t.deepEqual(gaps, [
    { from: 2, to: 2, missed: 1 },
    { from: 3, to: 3, missed: 1 },
  ])
  t.is(server.connections.length, 1)
  await connection.close({ now: true })
  await server.stop()
})
