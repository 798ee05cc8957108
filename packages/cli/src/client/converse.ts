/**
 * The client on a terminal. What is typed stays in the last line while broadcasts scroll by above it. A line that was
 * sent vanishes and comes back as a broadcast: then it has its position in the one order that every client sees.
 */
import type { Connection } from '@jwp/client'
import { visibleText } from '@jwp/protocol'
import type { Activity } from '@jwp/protocol'
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from '../run/end-request.js'
import { paletteFor, type Style } from '../terminal/palette.js'
import { TypingRegion } from '../terminal/typing-region.js'
import { drawActivity } from './draw-activity.js'
import { helpLines, terminalCommandOf } from './terminal-commands.js'
import { readTypedLine } from './typed-line.js'

/** `tellsPresence`: show which users come and go. The connection knows it in any case, for `/who`. */
export async function converse(connection: Connection, tellsPresence: boolean): Promise<void> {
  const screen = process.stdout
  const palette = paletteFor(screen, process.env)
  let onTheirWay = 0
  let isOnline = true
  /** Typed, and not published before its author has said yes. */
  let asked: string | undefined
  let wantsToEnd: () => void = () => undefined
  const wanted = new Promise<void>((resolve) => (wantsToEnd = resolve))

  const region = new TypingRegion(process.stdin, screen, { onLine: typed, onEnd: () => wantsToEnd() })
  const prompt = (): void => {
    const waiting = onTheirWay > 0 ? ` ${onTheirWay} on their way` : ''
    const name = isOnline ? connection.username : `${connection.username} (offline${waiting})`
    region.prompt(asked === undefined ? `${visibleText(name)}> ` : 'publish it as text? (y/n) ')
  }
  /** Most of it is what others have said: names, hosts, reasons. */
  const note = (text: string, style: Style = 'dim'): void =>
    region.say(palette(style, `· ${visibleText(text)}`))

  function typed(line: string): void {
    if (asked !== undefined) return answered(line, asked)
    const meaning = readTypedLine(line)
    if (meaning.is === 'activity') publish(meaning.activity, line)
    else if (meaning.is === 'command') obey(meaning.name)
    else if (meaning.is === 'unclear') {
      note(`this is no JSON object: ${meaning.text}`)
      asked = meaning.text
      prompt()
    }
  }

  /** Anything but a clear answer publishes nothing: it may be the next line of something that was pasted. */
  function answered(line: string, text: string): void {
    const answer = line.trim().toLowerCase()
    const isYes = answer === 'y' || answer === 'yes'
    const isNo = answer === 'n' || answer === 'no'
    if (!isYes && !isNo) return note('y or n?')
    asked = undefined
    prompt()
    if (isYes) publish({ text }, text)
    else region.type(text)
  }

  function obey(name: string): void {
    const command = terminalCommandOf(name)
    if (typeof command !== 'string') note(command.info)
    else if (command === 'help') for (const each of helpLines()) note(each)
    else if (command === 'who') note(whoIsHere(connection))
    else wantsToEnd()
  }

  function publish(activity: Activity, line: string): void {
    onTheirWay += 1
    connection
      .send(activity)
      .catch((error: Error) => note(`${error.message}: ${line}`, 'red'))
      .finally(() => {
        onTheirWay -= 1
        if (!isOnline) prompt()
      })
  }

  connection.on('broadcast', ({ activity, time }) =>
    region.say(drawActivity(activity, time.getTime(), palette)),
  )
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
    prompt()
  })
  if (tellsPresence)
    connection.on('presence', ({ username, online }) => note(`${username} has ${online ? 'come' : 'gone'}`))
  connection.on('gap', ({ missed }) =>
    note(`${missed} activities were missed: no server keeps them any more`),
  )

  prompt()
  if (connection.server)
    note(
      `at ${connection.server.hostname}:${connection.server.port}. Type to publish; /help tells more, Ctrl-D ends.`,
    )
  if (tellsPresence && connection.online.size > 0) note(whoIsHere(connection))
  await ended(connection, wanted, () => {
    region.end()
    if (onTheirWay > 0) note(`waiting for ${onTheirWay} on their way (Ctrl-C: don't)`)
  })
}

/** On a line or two: a program can get all of them. */
const mostNames = 40

function whoIsHere({ online, onlineMore }: Connection): string {
  const names = [...online].slice(0, mostNames).join(', ')
  const all = onlineMore || online.size > mostNames ? `${names} and more` : names
  return `here: ${all === '' ? 'no named users' : all}`
}

/** Ctrl-D, Ctrl-C, `/quit`, a signal, or the end of the connection. A further Ctrl-C ends at once. */
async function ended(connection: Connection, wanted: Promise<void>, onEnding: () => void): Promise<void> {
  const requests = endRequests()
  await new Promise<void>((resolve) => {
    void wanted.then(resolve)
    connection.once('closed', () => resolve())
    void requests.first.then(() => resolve())
  })
  onEnding()
  requests.ignore()
  const now = (): never => process.exit(exitCodes.interrupted)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, now)
  await connection.close()
  for (const signal of signals) process.off(signal, now)
  if (connection.error) throw connection.error
}
