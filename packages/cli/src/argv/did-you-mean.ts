/** The known word that was probably meant. */
import leven from 'leven'

/** Undefined: nothing known is close enough to be a slip of the finger. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = leven(word, name.toLowerCase(), { maxDistance: 4 })
    if (distance < (best?.distance ?? Infinity)) best = { name, distance }
  }
  // A beginning of a word is meant, however short it is.
  const beginning = word.length > 1 ? known.find((name) => name.toLowerCase().startsWith(word)) : undefined
  if (best !== undefined && best.distance <= Math.min(3, Math.max(1, Math.floor(best.name.length / 2))))
    return best.name
  return beginning
}
