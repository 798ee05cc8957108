/** For comparing secrets and what proves them. */

/**
 * Looks at every character of what was given, whatever the first ones are and however long the expected text is: the
 * time that it takes reveals nothing that the caller does not know.
 */
export function equalInConstantTime(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  // Beyond the end there is NaN, which counts as 0 here; the lengths differ then.
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ expected.charCodeAt(i)
  return difference === 0
}
