/**
 * What stands around an activity in nearly every line: `{"command":"ACTIVITY_MESSAGE","activity":` and `}`, with a number between
 * them for clients that number their messages. To decode and parse it would cost more than all the rest of a short line.
 */
import type { ActivitySpan } from './json-scan.js'

const opening = ascii('{"command":"ACTIVITY_MESSAGE",')
const numbered = ascii('"id":')
const named = ascii('"activity":')
const [comma, zero, closeCurly] = [0x2c, 0x30, 0x7d]
/** All numbers of so many digits are exact. */
const mostDigits = 15

export interface UsualEnvelope {
  command: string
  id?: number
  activity: object
}

/**
 * The same value as JSON.parse would give with an empty object in the activity's place. Undefined: it is written in another way,
 * which says nothing against it.
 */
export function usualEnvelope(bytes: Uint8Array, { from, to }: ActivitySpan): UsualEnvelope | undefined {
  if (to !== bytes.length - 1 || bytes[to] !== closeCurly || !standsAt(bytes, 0, opening)) return undefined
  let at = opening.length
  if (at + named.length === from)
    return standsAt(bytes, at, named) ? { command: 'ACTIVITY_MESSAGE', activity: {} } : undefined
  if (!standsAt(bytes, at, numbered)) return undefined
  at += numbered.length
  const end = from - named.length - 1
  const digits = end - at
  if (digits < 1 || digits > mostDigits || (digits > 1 && bytes[at] === zero)) return undefined
  let id = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - zero
    if (digit < 0 || digit > 9) return undefined
    id = 10 * id + digit
  }
  if (bytes[end] !== comma || !standsAt(bytes, end + 1, named)) return undefined
  return { command: 'ACTIVITY_MESSAGE', id, activity: {} }
}

function standsAt(bytes: Uint8Array, from: number, what: Uint8Array): boolean {
  for (let k = 0; k < what.length; k++) if (bytes[from + k] !== what[k]) return false
  return true
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}
