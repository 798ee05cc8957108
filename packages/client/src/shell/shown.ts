/** Values in messages. */

const longestShown = 60

/** A value as a program's author would recognize it, and no more of it than that. */
export function shown(value: unknown): string {
  const words =
    value === null || (typeof value !== 'object' && typeof value !== 'string' && typeof value !== 'function')
      ? String(value)
      : typeof value === 'function'
        ? 'a function'
        : jsonOf(value)
  return words.length > longestShown ? `${words.slice(0, longestShown)}…` : words
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object'
  }
}
