/**
 * An activity as JSON text, made once when it is published: it is then what it was, whatever the caller does to the
 * object afterwards, and sending it again costs nothing. What no server would take is refused here, since a line that
 * gets us thrown out would get us thrown out again at the next server.
 */
import { maxJsonDepth, type Activity } from '@jwp/protocol'

export type ActivityText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly info: string }

/** Around the activity: command, id, and on its way back the name, the position and the publisher. */
const envelopeBytes = 2_048

export function textOfActivity(activity: Activity, maxLineBytes: number): ActivityText {
  let text: string | undefined
  try {
    text = JSON.stringify(activity) as string | undefined
  } catch (error) {
    return { ok: false, info: `this activity cannot be written as JSON: ${messageOf(error)}` }
  }
  if (text === undefined || !text.startsWith('{')) return { ok: false, info: 'an activity is an object' }
  const limitBytes = maxLineBytes - envelopeBytes
  if (exceedsUtf8(text, limitBytes))
    return { ok: false, info: `this activity is longer than ${limitBytes} bytes` }
  // The line around it is one level more.
  if (isDeeperThan(text, maxJsonDepth - 1))
    return { ok: false, info: `this activity is nested deeper than ${maxJsonDepth - 1}` }
  return { ok: true, text }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function exceedsUtf8(text: string, limitBytes: number): boolean {
  if (text.length * 3 <= limitBytes) return false
  let bytes = 0
  // JSON.stringify escapes lone surrogates, so each unit of a pair is half of four bytes.
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3
  }
  return bytes > limitBytes
}

const quote = 0x22
const backslash = 0x5c

function isDeeperThan(text: string, limit: number): boolean {
  if (text.length <= 2 * limit) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === backslash) i++
      else if (unit === quote) inString = false
    } else if (unit === quote) inString = true
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > limit) return true
    } else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return false
}
