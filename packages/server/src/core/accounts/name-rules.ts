/**
 * Which names may be registered. People tell users apart by their names. So a name is refused, never silently
 * changed, if it has parts that cannot be seen or that change how the text around it is shown, or if it looks like
 * another name and differs by its encoding alone. Two names are the same if their characters are, and no comparison
 * anywhere needs to know Unicode.
 */
import { anonymous } from '@jwp/protocol'

/** Control, format (zero-width, direction), unpaired surrogates, private use, unassigned. */
const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]/u
/** Of all spaces only the ordinary one. */
const otherSpace = /(?! )\p{Zs}/u
/** An accent that would sit on what stands before the name. */
const leadingMark = /^\p{M}/u
/**
 * Scripts whose letters look alike one by one: А is Cyrillic or Latin, ο is Greek or Latin. Real names do not mix
 * them. Other mixtures are in use, such as Japanese with Latin letters.
 */
const alikeScripts = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
]

/** @returns what is wrong with it, in words that follow the name; undefined: it may be registered */
export function whyNoName(username: string): string | undefined {
  if (invisible.test(username)) return 'cannot be registered: it has characters that cannot be seen'
  if (otherSpace.test(username) || username.trim() !== username)
    return 'cannot be registered: spaces may only stand inside, and must be ordinary ones'
  if (leadingMark.test(username))
    return 'cannot be registered: it begins with an accent that belongs to nothing'
  if (username.normalize('NFKC') !== username)
    return `cannot be registered: its characters have a simpler form (Unicode NFKC), ${JSON.stringify(username.normalize('NFKC'))}`
  if (alikeScripts.filter((script) => script.test(username)).length > 1)
    return 'cannot be registered: it mixes letters of scripts that look alike'
  if (username.toLowerCase() === anonymous) return 'cannot be registered'
  return undefined
}

/** @returns what is wrong with it; undefined: it may be registered */
export function whyNoSecret(secret: string): string | undefined {
  return /[\p{Cc}\p{Cs}]/u.test(secret) ? 'a secret has no control characters' : undefined
}

/** Bytes of UTF-8; an unpaired surrogate takes three, as what stands in its place. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
