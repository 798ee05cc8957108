/** One line to a JSON value, or to words about what is wrong with it. */
import { maxJsonDepth } from '@jwp/protocol'

export type ParsedLine =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly info: string }

const parseError = 'JSON parse error while parsing message'
const decoder = new TextDecoder('utf-8', { fatal: true })

export function parseUtf8Line(bytes: Buffer): ParsedLine {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { ok: false, info: `${parseError}: not UTF-8` }
  }
  return parseLine(text)
}

export function parseLine(text: string): ParsedLine {
  // Only a line with that many brackets can be that deep; counting is cheap, the exact look is rare.
  if (text.length > 2 * maxJsonDepth && isTooDeep(text)) {
    return { ok: false, info: `${parseError}: nested deeper than ${maxJsonDepth}` }
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, info: parseError }
  }
}

const quote = 0x22
const backslash = 0x5c
const openers = [0x5b, 0x7b]
const closers = [0x5d, 0x7d]

function isTooDeep(text: string): boolean {
  let opening = 0
  for (const bracket of ['[', '{']) {
    for (
      let at = text.indexOf(bracket);
      at !== -1 && opening <= maxJsonDepth;
      at = text.indexOf(bracket, at + 1)
    )
      opening++
  }
  return opening > maxJsonDepth && depthOf(text) > maxJsonDepth
}

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
    else if (openers.includes(unit)) deepest = Math.max(deepest, ++depth)
    else if (closers.includes(unit)) depth--
  }
  return deepest
}
