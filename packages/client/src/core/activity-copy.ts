/**
 * An activity as it was when it was published, whatever the caller does to its object afterwards. What no server would
 * take is refused here: a line that gets us thrown out of one server would get us thrown out of the next.
 */
import { maxJsonDepth, maxLineBytes, maxUsernameBytes, whyTooLong, type Activity } from '@jwp/protocol'

export type ActivityCopy =
  | { readonly ok: true; readonly activity: Activity; readonly bytes: number }
  | { readonly ok: false; readonly info: string }

/** Room for what is around an activity in our line. */
const envelopeBytes = 1_024
const limitBytes = maxLineBytes - envelopeBytes

/** A copy, as JSON sees it; `bytes` is the length of its JSON, exact for ASCII. */
export function copyActivity(original: unknown): ActivityCopy {
  let text: string | undefined
  try {
    text = JSON.stringify(original)
  } catch (error) {
    return refused(`this activity is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (text?.startsWith('{') !== true) return refused('an activity is a JSON object')
  if (isLongerThan(text, limitBytes)) return refused(`an activity takes at most ${limitBytes} bytes`)
  const whyNot = whyTooLong(finishedBytes(text), envelopeBytes + 6 * maxUsernameBytes)
  if (whyNot !== undefined) return refused(whyNot)
  const activity = JSON.parse(text) as Activity
  // The line around it is one level more.
  if (text.length > 2 * maxJsonDepth && depthOf(activity) >= maxJsonDepth)
    return refused(`an activity is nested at most ${maxJsonDepth - 1} deep`)
  return { ok: true, activity, bytes: text.length }
}

const refused = (info: string): ActivityCopy => ({ ok: false, info })

function isLongerThan(text: string, bytesOfUtf8: number): boolean {
  // At most three bytes per UTF-16 unit: only what could be too long is measured.
  if (text.length * 3 <= bytesOfUtf8) return false
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // JSON.stringify escapes lone surrogates, so each that is left is half of four bytes.
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isSurrogate ? 2 : 3
  }
  return bytes > bytesOfUtf8
}

/** At most, in its readers' lines: some characters are escaped there. */
function finishedBytes(text: string): number {
  const separators = text.match(/[\u0085\u2028\u2029]/g)?.length ?? 0
  return Math.min(3 * text.length, limitBytes) + 4 * separators
}

/** Level by level: recursion would need a stack as deep as the object. */
function depthOf(value: object): number {
  let depth = 0
  for (let level: object[] = [value]; level.length > 0; depth++) {
    level = level.flatMap((each) =>
      Object.values(each).filter((inner): inner is object => typeof inner === 'object' && inner !== null),
    )
  }
  return depth
}
