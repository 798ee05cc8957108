/** A client's line: what it says, and the activity in it as the bytes that came. */
import { lineSeparatorAt, scanJson, type ActivitySpan } from './json-scan.js'
import { maxJsonDepth } from './limits.js'
import type { Platform } from './machine.js'
import { usualEnvelope } from './usual-envelope.js'

export interface ClientLine {
  /** Any JSON value at all. Where `activity` is given, an empty object stands in its place. */
  readonly value: unknown
  /** What is between the braces of the activity, without `authenticated_user`: as it came, and fit for a finished line. */
  readonly activity?: Uint8Array | undefined
}

export type ReadClientLine =
  { readonly ok: true; readonly line: ClientLine } | { readonly ok: false; readonly info: string }

export const jsonError = 'JSON parse error while parsing message'
export const tooDeep = `${jsonError}: nested deeper than ${maxJsonDepth}`

/** @param bytes a line without its end, and UTF-8. They may come back inside the result: they must not change. */
export function readClientLine(
  bytes: Uint8Array,
  { decodeUtf8 }: Pick<Platform, 'decodeUtf8'>,
): ReadClientLine {
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const text = hasByteOrderMark ? bytes.subarray(3) : bytes
  const scan = scanJson(text)
  if (!scan.ok) return { ok: false, info: scan.why === 'depth' ? tooDeep : jsonError }
  const { activity } = scan
  if (activity === undefined) return { ok: true, line: { value: JSON.parse(decodeUtf8(text)) as unknown } }
  const value = usualEnvelope(text, activity) ?? parseAround(text, activity, decodeUtf8)
  return { ok: true, line: { value, activity: membersIn(text, activity) } }
}

function parseAround(
  bytes: Uint8Array,
  { from, to }: ActivitySpan,
  decodeUtf8: Platform['decodeUtf8'],
): unknown {
  return JSON.parse(`${decodeUtf8(bytes.subarray(0, from))}{}${decodeUtf8(bytes.subarray(to))}`)
}

function membersIn(bytes: Uint8Array, { kept, isRough }: ActivitySpan): Uint8Array {
  let members: Uint8Array
  if (kept.length <= 2) members = bytes.subarray(kept[0] ?? 0, kept[1] ?? 0)
  else {
    members = new Uint8Array(bytes.length)
    let length = 0
    for (let k = 0; k < kept.length; k += 2) {
      if (k > 0) members[length++] = 0x2c
      const run = bytes.subarray(kept[k], kept[k + 1])
      members.set(run, length)
      length += run.length
    }
    members = members.subarray(0, length)
  }
  return isRough ? smoothed(members) : members
}

/**
 * Fit for one line, whatever its reader takes for the end of one. Control bytes stand between tokens only, and line
 * separators in strings only, since all of it is JSON.
 */
function smoothed(bytes: Uint8Array): Uint8Array {
  const smooth = new Uint8Array(smoothLength(bytes))
  let length = 0
  for (let at = 0; at < bytes.length;) {
    const separator = lineSeparatorAt(bytes, at)
    if (separator === 0) {
      const byte = bytes[at++]!
      smooth[length++] = byte < 0x20 ? 0x20 : byte
      continue
    }
    const code = separator === 2 ? '0085' : bytes[at + 2] === 0xa8 ? '2028' : '2029'
    for (const letter of `\\u${code}`) smooth[length++] = letter.charCodeAt(0)
    at += separator
  }
  return smooth
}

function smoothLength(bytes: Uint8Array): number {
  let { length } = bytes
  for (let at = 0; at < bytes.length; at++) {
    const separator = lineSeparatorAt(bytes, at)
    if (separator > 0) length += 6 - separator
  }
  return length
}
