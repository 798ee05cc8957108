/** What a line means that was typed or piped in. */
import type { Activity } from '@jwp/protocol'

export type TypedLine =
  | { readonly is: 'blank' }
  | { readonly is: 'activity'; readonly activity: Activity }
  /** `/name`, with what stands behind it. */
  | { readonly is: 'command'; readonly name: string; readonly rest: string }
  /** It starts like JSON and is no JSON object: the user should be asked before it goes out as text. */
  | { readonly is: 'unclear'; readonly text: string }

/**
 * A JSON object is an activity as it stands, `/word` is a command, and any other text becomes the `text` of an activity.
 * `//text` is the text "/text".
 */
export function readTypedLine(line: string): TypedLine {
  const text = line.trim()
  if (text === '') return { is: 'blank' }
  if (text.startsWith('//')) return { is: 'activity', activity: { text: text.slice(1) } }
  if (text.startsWith('/')) {
    const [, name, rest] = /^\/(\S*)\s*([\s\S]*)$/.exec(text)!
    return { is: 'command', name: name!, rest: rest! }
  }
  const activity = objectIn(text)
  if (activity !== undefined) return { is: 'activity', activity }
  return /^[{[]/.test(text) ? { is: 'unclear', text } : { is: 'activity', activity: { text } }
}

/**
 * For pipes, where a mistake should not go out as text: undefined if the line is no JSON object. Files begin with a byte order
 * mark on some systems, and so does what is joined from several.
 */
export const activityOfPipedLine = (line: string): Activity | undefined =>
  objectIn(line.replace(/^\ufeff/, ''))

/** A user who types into a pipe need not write JSON, but cannot be asked: undefined if the line is not clear. */
export function activityOfTypedLine(line: string): Activity | undefined {
  const typed = readTypedLine(line)
  return typed.is === 'activity' ? typed.activity : undefined
}

function objectIn(text: string): Activity | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Activity)
      : undefined
  } catch {
    return undefined
  }
}
