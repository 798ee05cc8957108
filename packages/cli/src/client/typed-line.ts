/** What a line means that somebody typed or piped in. */
import type { Activity } from '@jwp/protocol'

/** A JSON object is an activity as it stands; any other text becomes the `text` of one. Undefined: a blank line. */
export function activityOfTypedLine(line: string): Activity | undefined {
  const text = line.trim()
  if (text === '') return undefined
  return objectIn(text) ?? { text }
}

/** For pipes, where a mistake should not go out as text: undefined if the line is no JSON object. */
export const activityOfPipedLine = (line: string): Activity | undefined => objectIn(line)

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
