/** One line to a JSON value, or to words about what is wrong with it. */
import { isUtf8 } from 'node:buffer'
import {
  jsonError,
  maxJsonDepth,
  readClientLine,
  scanJson,
  tooDeep,
  type ReadClientLine,
} from '@jwp/protocol'
import { decodeModifiedUtf8 } from './modified-utf8.js'

export type ParsedLine =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly info: string }

/** A byte order mark at the start is left out. */
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A line without its end. Not UTF-8, too deep and not JSON have different words. */
export function parseUtf8Line(bytes: Buffer): ParsedLine {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { ok: false, info: `${jsonError}: not UTF-8` }
  }
  return parseLine(text)
}

/** The same for what came with `writeUTF`. */
export function parseModifiedUtf8Line(bytes: Buffer): ParsedLine {
  let text: string
  try {
    text = decodeModifiedUtf8(bytes)
  } catch {
    return { ok: false, info: `${jsonError}: not modified UTF-8` }
  }
  return parseLine(text)
}

/** What a client says, its activity as the bytes that came. They are views into `bytes` where possible. */
export function readUtf8ClientLine(bytes: Buffer): ReadClientLine {
  return isUtf8(bytes)
    ? readClientLine(bytes, { decodeUtf8 })
    : { ok: false, info: `${jsonError}: not UTF-8` }
}

/** The same for what came with `writeUTF`. */
export function readModifiedUtf8ClientLine(bytes: Buffer): ReadClientLine {
  if (isUtf8(bytes)) return readClientLine(bytes, { decodeUtf8 })
  let text: string
  try {
    text = decodeModifiedUtf8(bytes)
  } catch {
    return { ok: false, info: `${jsonError}: not modified UTF-8` }
  }
  // Half characters have no UTF-8. In JSON they stand in strings only, and may be escaped there.
  const whole = text.replace(loneSurrogate, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
  if (whole !== text && !scanJson(Buffer.from(text)).ok) return { ok: false, info: jsonError }
  return readClientLine(Buffer.from(whole), { decodeUtf8 })
}

const loneSurrogate = /\p{Cs}/gu
const decodeUtf8 = (bytes: Uint8Array): string => (bytes as Buffer).toString('utf8')

export function parseLine(text: string): ParsedLine {
  // Only a line with that many brackets can be that deep; counting is cheap, the exact look is rare.
  if (text.length > 2 * maxJsonDepth && isTooDeep(text)) {
    return { ok: false, info: tooDeep }
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, info: jsonError }
  }
}

function isTooDeep(text: string): boolean {
  let opening = 0
  for (const bracket of ['[', '{']) {
    let at = text.indexOf(bracket)
    while (at !== -1 && opening <= maxJsonDepth) {
      opening++
      at = text.indexOf(bracket, at + 1)
    }
  }
  return opening > maxJsonDepth && depthOf(text) > maxJsonDepth
}

const quote = 0x22
const backslash = 0x5c
const [openSquare, closeSquare, openCurly, closeCurly] = [0x5b, 0x5d, 0x7b, 0x7d]

/** The deepest nesting, brackets inside strings left out. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === backslash) i++
      else if (unit === quote) inString = false
    } else if (unit === quote) inString = true
    else if (unit === openSquare || unit === openCurly) deepest = Math.max(deepest, ++depth)
    else if (unit === closeSquare || unit === closeCurly) depth--
  }
  return deepest
}
