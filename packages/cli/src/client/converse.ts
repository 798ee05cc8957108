/**
 * The client on a terminal. What is typed stays in the last line while broadcasts scroll by above it. A line that
 * was sent vanishes and comes back as a broadcast: then it has its place in the one order that everybody sees.
 */
import type { Connection } from '@jwp/client'
import { clearLine, createInterface, cursorTo, moveCursor } from 'node:readline'
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from '../run/end-request.js'
import { paletteFor } from '../terminal/palette.js'
import { drawActivity, printable } from './draw-activity.js'
import { activityOfTypedLine } from './typed-line.js'

export async function converse(connection: Connection): Promise<void> {
  const screen = process.stdout
  const palette = paletteFor(screen, process.env)
  const lines = createInterface({ input: process.stdin, output: screen, historySize: 100 })
  let onTheirWay = 0
  let isOnline = true
  let isEnding = false

  const prompt = (): void => {
    if (isEnding) return
    const waiting = onTheirWay > 0 ? ` ${onTheirWay} on their way` : ''
    lines.setPrompt(isOnline ? `${connection.username}> ` : `${connection.username} (offline${waiting})> `)
    lines.prompt(true)
  }
  const say = (text: string): void => {
    cursorTo(screen, 0)
    clearLine(screen, 0)
    screen.write(`${text}\n`)
    prompt()
  }
  const note = (text: string): void => say(palette('dim', `· ${text}`))

  connection.on('broadcast', ({ activity, time }) => say(drawActivity(activity, time.getTime(), palette)))
  connection.on('disconnected', (server, info) => {
    if (isOnline)
      note(
        `lost ${server ? `${server.hostname}:${server.port}` : 'the server'} (${info}); looking for another`,
      )
    isOnline = false
    prompt()
  })
  connection.on('connected', (server) => {
    isOnline = true
    note(`now at ${server.hostname}:${server.port}`)
  })
  connection.on('presence', ({ username, online }) =>
    note(`${printable(username)} has ${online ? 'come' : 'gone'}`),
  )
  connection.on('gap', ({ missed }) =>
    note(`${missed} activities were missed: no server keeps them any more`),
  )

  lines.on('line', (line) => {
    eraseTyped(screen, `${lines.getPrompt()}${line}`)
    const activity = activityOfTypedLine(line)
    if (activity) {
      onTheirWay += 1
      connection
        .send(activity)
        .catch((error: Error) => note(palette('red', `${error.message}: ${line}`)))
        .finally(() => {
          onTheirWay -= 1
          if (!isOnline) prompt()
        })
    }
    prompt()
  })

  if (connection.server)
    note(`at ${connection.server.hostname}:${connection.server.port}. Type to publish; Ctrl-D ends.`)
  if (connection.online.size > 0) note(`here: ${namesOf(connection)}`)
  await ended(connection, lines, () => {
    isEnding = true
    if (onTheirWay > 0)
      screen.write(palette('dim', `\n· waiting for ${onTheirWay} on their way (Ctrl-C: don't)\n`))
    else screen.write('\n')
  })
}

/** On a line or two: who wants all of them asks a program. */
const mostNames = 40

function namesOf({ online, onlineMore }: Connection): string {
  const names = [...online].slice(0, mostNames).map(printable).join(', ')
  return onlineMore || online.size > mostNames ? `${names} and more` : names
}

/** Ctrl-D, Ctrl-C, a signal, or the end of the connection. A further Ctrl-C ends at once. */
async function ended(
  connection: Connection,
  lines: ReturnType<typeof createInterface>,
  onEnding: () => void,
): Promise<void> {
  const requests = endRequests()
  await new Promise<void>((resolve) => {
    lines.once('close', resolve)
    lines.once('SIGINT', resolve)
    connection.once('closed', () => resolve())
    void requests.first.then(() => resolve())
  })
  onEnding()
  lines.close()
  requests.ignore()
  const now = (): never => process.exit(exitCodes.interrupted)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, now)
  await connection.close()
  for (const signal of signals) process.off(signal, now)
  if (connection.error) throw connection.error
}

/** The cursor stands below what was typed, which may be several rows high. */
function eraseTyped(screen: NodeJS.WriteStream, typed: string): void {
  const rows = Math.max(1, Math.ceil([...typed].length / (screen.columns || 80)))
  for (let row = 0; row < rows; row++) {
    moveCursor(screen, 0, -1)
    clearLine(screen, 0)
  }
  cursorTo(screen, 0)
}
