/** A whole clock over real sockets and a real file. */
import test, { type ExecutionContext } from 'ava'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CannotStartClock, startClock, type RunningClock } from '@jwp/clock-server'
import { dialLink, type Link } from '@jwp/transport'
import { DeafRelay } from './support/deaf-relay.js'

interface Grant {
  readonly type: string
  readonly nonce: number
  readonly start: number
  readonly count: number
  readonly info: string
}

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'jwp-clock-test-'))
  t.teardown(() => {
    rmSync(made, { recursive: true, force: true })
  })
  return made
}

async function start(t: ExecutionContext, file: string, listenPort = 0): Promise<RunningClock> {
  const clock = await startClock({ listenPort, file, log: { silent: true } })
  t.teardown(() => clock.stop())
  return clock
}

function dial(t: ExecutionContext, port: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    dialLink(
      { host: 'localhost', port },
      {
        onOpen: (link) => {
          t.teardown(() => {
            link.close()
          })
          resolve(link)
        },
        onFailure: (_why, info) => {
          reject(new Error(info))
        },
      },
    )
  })
}

function answersTo(link: Link, requests: readonly object[], awaited = requests.length): Promise<Grant[]> {
  return new Promise((resolve) => {
    const got: Grant[] = []
    link.onMessages = (messages) => {
      got.push(...(messages as Grant[]))
      if (got.length >= awaited) resolve(got)
    }
    for (const request of requests) link.send({ versions: [1, 1], version: 1, ...request })
    link.flush()
  })
}

/** Everything that comes back until the other end closes. */
function say(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(got)
    })
    socket.write(bytes)
  })
}

test('servers get batches that never overlap, over several links', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const links = await Promise.all([dial(t, clock.port), dial(t, clock.port)])
  const requests = [1, 2, 3].map((nonce) => ({ type: 'TIME', nonce, count: 100, atLeast: 0 }))
  const grants = (await Promise.all(links.map((link) => answersTo(link, requests)))).flat()
  t.deepEqual(new Set(grants.map((grant) => grant.type)), new Set(['GRANT']))
  const sorted = grants.sort((a, b) => a.start - b.start)
  for (const [i, { start }] of sorted.entries()) {
    if (i > 0) t.true(start >= sorted[i - 1]!.start + sorted[i - 1]!.count)
  }
})

test('a restart goes on above everything that was served', async (t) => {
  const file = join(folder(t), 'clock.json')
  const first = await start(t, file)
  const [before] = await answersTo(await dial(t, first.port), [
    { type: 'TIME', nonce: 1, count: 1_000_000, atLeast: 0 },
  ])
  await first.stop()
  t.is(statSync(file).mode & 0o777, 0o600)

  const second = await start(t, file)
  const [after] = await answersTo(await dial(t, second.port), [
    { type: 'TIME', nonce: 1, count: 1, atLeast: 0 },
  ])
  t.true(after!.start > before!.start + before!.count - 1)
})

test('a file that is a link is kept where it leads, and one that leads nowhere is refused', async (t) => {
  const elsewhere = join(folder(t), 'ceiling.json')
  const link = join(folder(t), 'clock.json')
  symlinkSync(elsewhere, link)
  const error = await t.throwsAsync(startClock({ listenPort: 0, file: link, log: { silent: true } }), {
    instanceOf: CannotStartClock,
  })
  t.regex(error.message, /is a link that leads nowhere/)
  t.false(existsSync(elsewhere))

  writeFileSync(elsewhere, '{"ceiling":5}')
  await (await start(t, link)).stop()
  t.true(lstatSync(link).isSymbolicLink())
  t.deepEqual(JSON.parse(readFileSync(elsewhere, 'utf8')), { ceiling: 5 })
})

test('GET_TIME is answered to any client, in both dialects', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const line = '{"command":"GET_TIME"}\n'
  const framed = Buffer.concat([Buffer.from([0, line.length]), Buffer.from(line)])
  for (const bytes of [line, framed]) {
    const { command, time } = JSON.parse(await say(clock.port, bytes)) as { command: string; time: string }
    t.is(command, 'CLOCK_RESPONSE')
    t.regex(time, /^\d+$/)
    t.true(Math.abs(Number(time) - Date.now()) < 60_000)
  }
})

test('everything else is refused in words', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const cases: readonly [string, RegExp][] = [
    ['{"command":"LOGIN"}\n', /GET_TIME only/],
    ['{"a":1}\n', /did not contain a command/],
    ['null\n', /did not contain a command/],
    ['hello\n', /JSON parse error/],
  ]
  for (const [line, words] of cases) {
    const { command, info } = JSON.parse(await say(clock.port, line)) as { command: string; info: string }
    t.is(command, 'INVALID_MESSAGE')
    t.regex(info, words)
  }
})

test('a peer that speaks nonsense loses its link, and others lose nothing', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const good = await dial(t, clock.port)
  const bad = await dial(t, clock.port)
  const closed = new Promise<void>((resolve) => {
    bad.onClosed = () => {
      resolve()
    }
  })
  const [refusal] = await answersTo(bad, [{ type: 'GRANT', nonce: 1, start: 1, count: 1 }])
  t.is(refusal!.type, 'TIME_REFUSED')
  await closed
  const [grant] = await answersTo(good, [{ type: 'TIME', nonce: 7, count: 1, atLeast: 0 }])
  t.is(grant!.type, 'GRANT')
})

test('a frame of more questions than a server has is refused in words, and costs others nothing', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const [bad, good] = [await dial(t, clock.port), await dial(t, clock.port)]
  const closed = new Promise<void>((resolve) => {
    bad.onClosed = () => {
      resolve()
    }
  })
  const [refusal] = await answersTo(
    bad,
    Array.from({ length: 5_000 }, (_, nonce) => ({ type: 'TIME', nonce, count: 1, atLeast: 0 })),
    1,
  )
  t.like(refusal, { type: 'TIME_REFUSED', nonce: 0, info: 'more than 1024 questions in one frame' })
  await closed
  const [grant] = await answersTo(good, [{ type: 'TIME', nonce: 7, count: 1, atLeast: 0 }])
  t.is(grant!.type, 'GRANT')
})

test('HTTP tells its health and state', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const at = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${clock.port}${path}`)
  t.is((await at('/healthz')).status, 200)
  t.is(((await (await at('/status')).json()) as { role: string }).role, 'clock')
  await answersTo(await dial(t, clock.port), [
    { type: 'TIME', nonce: 1, count: 7, atLeast: 0 },
    { type: 'TIME', nonce: 2, count: 0, atLeast: 0 },
  ])
  const metrics = await (await at('/metrics')).text()
  t.regex(metrics, /^jwp_clock_servers 1$/m)
  t.regex(metrics, /^jwp_clock_timestamps_total 7$/m)
  t.regex(metrics, /^jwp_clock_refusals_total 1$/m)
  t.is((await at('/nothing')).status, 404)
})

test('a peer that asks on and on without reading the answers is cut off, and no other is', async (t) => {
  const clock = await start(t, join(folder(t), 'clock.json'))
  const good = await dial(t, clock.port)
  const relay = await DeafRelay.before(t, clock.port)
  const link = await dial(t, relay.port)
  relay.stopReading()
  const servers = (): number => (clock.status() as { servers: number }).servers
  t.is(servers(), 2)
  // Bounded: the answers to so many questions are several times what is kept for one link.
  for (let batch = 0; batch < 2_000 && servers() === 2; batch++) {
    for (let nonce = 0; nonce < 500; nonce++)
      link.send({ type: 'TIME', versions: [1, 1], nonce, count: 0, atLeast: 0 })
    link.flush()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.is(servers(), 1)
  const [grant] = await answersTo(good, [{ type: 'TIME', nonce: 7, count: 1, atLeast: 0 }])
  t.is(grant!.type, 'GRANT')
})

test('a file that holds no ceiling stops the clock: it must not begin at zero again', async (t) => {
  const file = join(folder(t), 'clock.json')
  for (const content of ['', '{}', '{"ceiling":-1}', '{"ceiling":"5"}', 'garbage']) {
    writeFileSync(file, content)
    const error = await t.throwsAsync(startClock({ listenPort: 0, file, log: { silent: true } }), {
      instanceOf: CannotStartClock,
    })
    t.is(error?.code, 'file')
    t.is(readFileSync(file, 'utf8'), content, 'and is left as it is')
  }
})

test('two clocks never share a file', async (t) => {
  const file = join(folder(t), 'clock.json')
  await start(t, file)
  const error = await t.throwsAsync(startClock({ listenPort: 0, file, log: { silent: true } }), {
    instanceOf: CannotStartClock,
  })
  t.regex(error?.message ?? '', /another --file/)
})

test('the lock of a clock that was killed is no obstacle', async (t) => {
  const file = join(folder(t), 'clock.json')
  writeFileSync(`${file}.lock`, '999999999 1')
  await t.notThrowsAsync(start(t, file))
})

test('nor is a lock whose number another process has got since', async (t) => {
  const file = join(folder(t), 'clock.json')
  writeFileSync(`${file}.lock`, `${process.ppid} 1`)
  await t.notThrowsAsync(start(t, file))
})

test('a port in use is told', async (t) => {
  const place = folder(t)
  const first = await start(t, join(place, 'a.json'))
  const error = await t.throwsAsync(
    startClock({ listenPort: first.port, file: join(place, 'b.json'), log: { silent: true } }),
    { instanceOf: CannotStartClock },
  )
  t.is(error?.code, 'port-in-use')
})

test('a folder that cannot be written is reported before the first request is served', async (t) => {
  const place = folder(t)
  // A file where a folder should be: not even root can write below it.
  writeFileSync(join(place, 'no-folder'), '')
  const error = await t.throwsAsync(
    startClock({ listenPort: 0, file: join(place, 'no-folder', 'c.json'), log: { silent: true } }),
    { instanceOf: CannotStartClock },
  )
  t.regex(error?.message ?? '', /cannot keep its file/)
})
