/**
 * The client in a pipe: each line of input is published, each broadcast is a line of output. It ends when its input
 * has ended and the network has acknowledged everything.
 */
import type { Broadcast, Connection } from '@jwp/client'
import { visibleJson, visibleText } from '@jwp/protocol'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from '../run/end-request.js'
import { printPresence } from './presence-lines.js'
import { activityOfPipedLine, activityOfTypedLine } from './typed-line.js'

export interface PipeSettings {
  readonly listen: boolean
  readonly count: number | undefined
}

/** Lines read ahead of their acknowledgements. A file of any size passes through in this much memory. */
const mostUnderWay = 1_000
/** For our own broadcasts to come back after their acknowledgement. */
const echoLimitMs = 2_000

export async function pipe(
  connection: Connection,
  { listen, count = Infinity }: PipeSettings,
): Promise<void> {
  const done = new AbortController()
  const finish = (): void => done.abort()
  const requests = endRequests(finish)
  connection.once('closed', finish)
  connection.on('gap', ({ missed }) =>
    complain(`${missed} activities were missed: no server keeps them any more`),
  )

  printPresence(connection)
  const printed = print(connection, count, done)
  const { underWay, ownPublished } = await publishInput(connection, done.signal)
  if (!done.signal.aborted) {
    await Promise.all(underWay)
    if (listen || Number.isFinite(count)) await aborted(done.signal)
    else await printed.ownUpTo(ownPublished(), echoLimitMs)
  }
  await connection.close()
  requests.ignore()
  if (connection.error) throw connection.error
}

async function publishInput(connection: Connection, stop: AbortSignal) {
  const underWay = new Set<Promise<void>>()
  let published = 0
  let lineNumber = 0
  // A user who types into a pipe need not write JSON.
  const activityOf = process.stdin.isTTY ? activityOfTypedLine : activityOfPipedLine
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
  stop.addEventListener('abort', () => {
    lines.close()
    process.stdin.destroy()
  })
  for await (const line of lines) {
    lineNumber += 1
    if (stop.aborted) break
    if (line.trim() === '') continue
    const activity = activityOf(line)
    if (!activity) {
      const what = process.stdin.isTTY ? 'neither plain text nor a JSON object' : 'no JSON object'
      complain(`line ${lineNumber} is ${what} and was not published`)
      continue
    }
    const sending: Promise<void> = connection.send(activity).then(
      () => void (published += 1),
      (error: Error) => complain(`line ${lineNumber}: ${error.message}`),
    )
    const tracked = sending.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
    if (underWay.size >= mostUnderWay) await Promise.race(underWay)
  }
  return { underWay, ownPublished: () => published }
}

/** Writes broadcasts as fast as the reader takes them; the network waits for us, and keeps what we have not read. */
function print(connection: Connection, count: number, done: AbortController) {
  let total = 0
  let own = 0
  const write = async (): Promise<void> => {
    for await (const broadcast of connection) {
      if (done.signal.aborted) return
      if (!process.stdout.write(`${lineOf(broadcast)}\n`))
        await once(process.stdout, 'drain', { signal: done.signal })
      total += 1
      if (broadcast.own) own += 1
      if (total >= count) done.abort()
    }
  }
  // Its end is the connection's, or the reader's; both are noticed elsewhere.
  write().catch(() => undefined)
  return {
    async ownUpTo(wanted: number, limitMs: number): Promise<void> {
      const startedMs = performance.now()
      while (own < wanted && performance.now() - startedMs < limitMs && !done.signal.aborted) await sleep(5)
    },
  }
}

function lineOf({ user, time, timestamp, index, activity, publisher, n }: Broadcast): string {
  return visibleJson(
    JSON.stringify({ user, time: time.toISOString(), timestamp, index, publisher, n, activity }),
  )
}

function complain(text: string): void {
  process.stderr.write(`${visibleText(text)}\n`)
  process.exitCode = exitCodes.failed
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}
