/**
 * lmdb prints the stack of each commit that fails, besides rejecting it. The code that gets the rejection reports it.
 * What lmdb itself prints is left out, and everything else is printed as usual.
 */
let isQuiet = false

export function quietLmdb(): void {
  if (isQuiet) return
  isQuiet = true
  const print = console.error.bind(console)
  console.error = (...words: unknown[]) => {
    const [first] = words
    if (first instanceof Error && /[\\/]node_modules[\\/]lmdb[\\/]/.test(first.stack ?? '')) return
    print(...words)
  }
}
