/**
 * Others' text on a terminal. What would steer it or cannot be seen is shown as an escape: control characters, whatever
 * turns the direction of writing, what has no width, separators of lines, tags, byte order marks, half characters.
 * A joiner between two pictures and the signs that choose a picture's form are left, or every second emoji would break.
 */
const hidden =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\u{fe0f}?)\u{200d}(?=\p{Extended_Pictographic})|[\u{fe00}-\u{fe0f}]|([\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}])/gu

/** For people: `\u202e`, `\u{e0041}`. */
export function visibleText(text: string): string {
  return text.replace(hidden, (whole, found: string | undefined) => {
    if (found === undefined) return whole
    const code = found.codePointAt(0)!
    return code > 0xffff ? `\\u{${code.toString(16)}}` : escapeOf(code)
  })
}

/** JSON in one line: the same value, in characters that can be seen. */
export function visibleJson(json: string): string {
  return json.replace(hidden, (whole, found: string | undefined) => {
    if (found === undefined) return whole
    return found.length === 1
      ? escapeOf(found.charCodeAt(0))
      : escapeOf(found.charCodeAt(0)) + escapeOf(found.charCodeAt(1))
  })
}

/** Lines of text or JSON, as a log or an answer in several lines has them: the ends of lines stay. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visibleJson).join('\n')
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
