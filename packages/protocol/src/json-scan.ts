/**
 * One pass over the bytes of a client's line: is it JSON, exactly as JSON.parse takes it, and where in it is the activity?
 * So a published object need not be parsed and written again, which would change it: big numbers, `-0`, the order of keys.
 * Bytes from 0x80 on are not looked into: whether they are UTF-8 is the caller's question.
 */
import { maxJsonDepth } from './limits.js'

export type JsonScan =
  | { readonly ok: true; readonly activity: ActivitySpan | undefined }
  | { readonly ok: false; readonly why: 'syntax' | 'depth' }

/** The value of the last top-level member `activity`, if that is an object. */
export interface ActivitySpan {
  /** Its opening brace… */
  readonly from: number
  /** …and what follows its closing one. */
  readonly to: number
  /** Its members without every top-level `authenticated_user`: runs of them, each [from, to), to be joined by commas. */
  readonly kept: readonly number[]
  /** The line has bytes that must not stand in a finished line. */
  readonly isRough: boolean
}

const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20]
const [quote, backslash, comma, colon, minus, plus, dot, zero, nine] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2b, 0x2e, 0x30, 0x39,
]
const [openCurly, closeCurly, openSquare, closeSquare] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Of bytes inside strings: 0 as it is, 1 the end, 2 an escape, 3 not allowed, 4 perhaps a line separator. */
const stringClass = new Uint8Array(256)
stringClass.fill(3, 0, 0x20)
stringClass[quote] = 1
stringClass[backslash] = 2
stringClass[0xe2] = 4
stringClass[0xc2] = 4

const escapable = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))
const letterU = 0x75
const activityName = ascii('activity')
const userName = ascii('authenticated_user')
const words = { true: ascii('true'), false: ascii('false'), null: ascii('null') }

const failed = -1
/** 1: the container at this depth is an object. Scratch of the scan under way; scans do not interleave. */
const isObjectAt = new Uint8Array(maxJsonDepth + 1)

export function scanJson(bytes: Uint8Array): JsonScan {
  return new Scan(bytes).run()
}

class Scan {
  readonly #bytes: Uint8Array
  #isRough = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  run(): JsonScan {
    const bytes = this.#bytes
    let at = 0
    let depth = 0
    // The activity, as far as one has ended; `failed`: none has.
    let activityFrom = failed
    let activityTo = failed
    // The member of the line that is being read is called `activity`; and its value is an object, which is open.
    let isActivity = false
    let isInside = false
    let from = 0
    let kept: number[] = []
    let isLeftOut = false
    let runFrom = 0
    let runTo = failed

    for (;;) {
      // A value begins here.
      at = this.#afterSpace(at)
      const first = bytes[at]
      let isComplete = true
      if (first === quote) at = this.#afterString(at + 1)
      else if (first === openCurly || first === openSquare) {
        if (depth === maxJsonDepth) return { ok: false, why: 'depth' }
        depth++
        const isObject = first === openCurly
        isObjectAt[depth] = isObject ? 1 : 0
        if (isActivity && isObject && depth === 2) {
          isInside = true
          from = at
          kept = []
          isLeftOut = false
          runFrom = at + 1
          runTo = failed
        }
        at = this.#afterSpace(at + 1)
        // Whether it is empty; if so, it is closed below.
        isComplete = bytes[at] === (isObject ? closeCurly : closeSquare)
        if (isComplete) {
          depth--
          at++
          if (isInside && depth === 1) {
            isInside = isActivity = false
            activityFrom = from
            activityTo = at
          }
        } else if (!isObject) continue
      } else at = this.#afterScalar(at, first)
      if (at === failed) return { ok: false, why: 'syntax' }

      // A value has ended, or an object's first key follows.
      while (isComplete) {
        if (isActivity && depth === 1) {
          // It was no object; one that came before does not count any more.
          isActivity = false
          activityFrom = failed
        }
        at = this.#afterSpace(at)
        if (depth === 0)
          return at >= bytes.length
            ? { ok: true, activity: this.#span(activityFrom, activityTo, kept) }
            : { ok: false, why: 'syntax' }
        const next = bytes[at]
        if (isInside && depth === 2 && (next === comma || next === closeCurly)) {
          if (!isLeftOut) runTo = at
          if ((isLeftOut || next === closeCurly) && runTo !== failed) {
            kept.push(runFrom, runTo)
            runTo = failed
          }
          if (isLeftOut) runFrom = at + 1
        }
        if (next === comma) {
          at = this.#afterSpace(at + 1)
          break
        }
        if (next !== (isObjectAt[depth] === 1 ? closeCurly : closeSquare)) return { ok: false, why: 'syntax' }
        depth--
        at++
        if (isInside && depth === 1) {
          isInside = isActivity = false
          activityFrom = from
          activityTo = at
        }
      }

      if (isObjectAt[depth] === 1) {
        if (bytes[at] !== quote) return { ok: false, why: 'syntax' }
        const end = this.#afterString(at + 1)
        if (end === failed) return { ok: false, why: 'syntax' }
        if (depth === 1) isActivity = this.#isNamed(at + 1, end - 1, activityName)
        else if (isInside && depth === 2) isLeftOut = this.#isNamed(at + 1, end - 1, userName)
        at = this.#afterSpace(end)
        if (bytes[at] !== colon) return { ok: false, why: 'syntax' }
        at++
      }
    }
  }

  #span(from: number, to: number, kept: readonly number[]): ActivitySpan | undefined {
    return from === failed ? undefined : { from, to, kept, isRough: this.#isRough }
  }

  #afterSpace(from: number): number {
    const bytes = this.#bytes
    let at = from
    // Reading beyond the end would be right, and slow.
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (byte > space) return at
      if (byte === space) continue
      if (byte !== tab && byte !== lineFeed && byte !== carriageReturn) return at
      this.#isRough = true
    }
    return at
  }

  /** From after the opening quote to after the closing one. */
  #afterString(from: number): number {
    const bytes = this.#bytes
    const { length } = bytes
    let at = from
    while (at < length) {
      switch (stringClass[bytes[at++]!]) {
        case 0:
          continue
        case 1:
          return at
        case 2: {
          const escape = bytes[at++]!
          if (escape === letterU) {
            for (const end = at + 4; at < end; at++) if (hexDigit(bytes[at]) === failed) return failed
          } else if (!escapable.has(escape)) return failed
          continue
        }
        case 3:
          return failed
        default:
          if (lineSeparatorAt(bytes, at - 1) !== 0) this.#isRough = true
      }
    }
    return failed
  }

  #afterScalar(from: number, first: number | undefined): number {
    const bytes = this.#bytes
    if (first === minus || isDigit(first)) return this.#afterNumber(from)
    const word = first === 0x74 ? words.true : first === 0x66 ? words.false : words.null
    for (let k = 0; k < word.length; k++) if (bytes[from + k] !== word[k]) return failed
    return from + word.length
  }

  #afterNumber(from: number): number {
    const bytes = this.#bytes
    let at = bytes[from] === minus ? from + 1 : from
    if (bytes[at] === zero) at++
    else if ((at = this.#afterDigits(at)) === failed) return failed
    if (bytes[at] === dot && (at = this.#afterDigits(at + 1)) === failed) return failed
    if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at
    at++
    if (bytes[at] === minus || bytes[at] === plus) at++
    return this.#afterDigits(at)
  }

  /** One at least. */
  #afterDigits(from: number): number {
    let at = from
    while (isDigit(this.#bytes[at])) at++
    return at === from ? failed : at
  }

  /** Whether this key, whose syntax is valid, is that name, whichever letters of it are escaped. */
  #isNamed(from: number, to: number, name: readonly number[]): boolean {
    const bytes = this.#bytes
    let at = from
    for (const letter of name) {
      if (at >= to) return false
      if (bytes[at] === letter) at++
      else if (bytes[at] === backslash && bytes[at + 1] === letterU) {
        let code = 0
        for (let k = 2; k < 6; k++) code = code * 16 + hexDigit(bytes[at + k])
        if (code !== letter) return false
        at += 6
      } else return false
    }
    return at === to
  }
}

/** How long the character is that some readers take for the end of a line: U+0085, U+2028, U+2029. 0: another one. */
export function lineSeparatorAt(bytes: Uint8Array, at: number): 0 | 2 | 3 {
  if (bytes[at] === 0xc2) return bytes[at + 1] === 0x85 ? 2 : 0
  const isOther = bytes[at] !== 0xe2 || bytes[at + 1] !== 0x80
  return isOther || (bytes[at + 2] !== 0xa8 && bytes[at + 2] !== 0xa9) ? 0 : 3
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return failed
  if (byte >= zero && byte <= nine) return byte - zero
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : failed
}

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0))
}
