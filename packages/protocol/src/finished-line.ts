/**
 * The line that readers of an activity get. It is finished where the activity is published, and the bytes of what was
 * published stay in it as they came.
 */
import type { LogEntry } from './entry.js'
import type { Epoch, LogIndex, PublisherId } from './ids.js'
import { jsonForOneLine } from './json-line.js'
import { maxFinishedLineBytes } from './limits.js'
import type { Platform } from './machine.js'

const opening = Uint8Array.from('{"command":"ACTIVITY_BROADCAST","activity":{', (letter) =>
  letter.charCodeAt(0),
)
const comma = 0x2c

/** What a server adds for readers with `resume`, at most: names of servers and publishers are bounded on the wire. */
export const maxPlaceBytes = 8_192

/** The end of each line of one user. */
export function endingFor(username: string, { encodeUtf8 }: Pick<Platform, 'encodeUtf8'>): Uint8Array {
  return encodeUtf8(`"authenticated_user":${jsonForOneLine(username)}}}\n`)
}

/** @param members from `readClientLine`; @param ending from `endingFor` */
export function finishLine(members: Uint8Array, ending: Uint8Array): Uint8Array {
  const isEmpty = members.length === 0
  const line = new Uint8Array(opening.length + members.length + (isEmpty ? 0 : 1) + ending.length)
  line.set(opening)
  line.set(members, opening.length)
  if (!isEmpty) line[opening.length + members.length] = comma
  line.set(ending, line.length - ending.length)
  return line
}

/** The place of an activity, for readers with `resume`: it follows the finished line less its last two bytes. */
export function placeAfter({ epoch, timestamp, publisher, n }: LogEntry, index: LogIndex): string {
  return `,"epoch":${jsonForOneLine(epoch)},"index":${index},"timestamp":${timestamp},"publisher":${jsonForOneLine(publisher)},"n":${n}}\n`
}

export interface LinePosition {
  readonly epoch: Epoch
  readonly index: LogIndex
  readonly publisher: PublisherId
  readonly n: number
}

/** The place at the end of a line of which no more is known. Undefined: it is no activity with a place. */
export function positionAtEnd(text: string): LinePosition | undefined {
  const found = place.exec(text)
  if (found === null) return undefined
  try {
    const { epoch, index, publisher, n } = JSON.parse(`{${found[1]}}`) as Partial<LinePosition>
    return epoch === undefined || index === undefined || publisher === undefined || n === undefined
      ? undefined
      : { epoch, index, publisher, n }
  } catch {
    return undefined
  }
}

// The published activity stands before it, whatever it looks like: its brace is the last but one.
const place =
  /\},((?:"(?:(?:epoch|publisher)":"(?:[^"\\]|\\.)*"|(?:index|timestamp|n)":\d{1,16})(?:,(?=")|(?=\}))){1,9})\}\s*$/

/**
 * Why an activity cannot be published: some reader would get a line that it does not accept. Client and server check
 * this alike before they publish. Undefined: it can be.
 * @param memberBytes what is between the braces of the activity, in UTF-8, line separators escaped
 */
export function whyTooLong(memberBytes: number, endingBytes: number): string | undefined {
  const longest = opening.length + memberBytes + 1 + endingBytes + maxPlaceBytes
  return longest <= maxFinishedLineBytes
    ? undefined
    : `the activity was not published: its line would have up to ${longest} bytes, and readers take ${maxFinishedLineBytes}`
}
