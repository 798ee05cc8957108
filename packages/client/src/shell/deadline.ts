/** Longest time that Node's timers take. */
const longestTimerMs = 2_147_483_647

/** Calls `missed` after `withinMs`, unless the function that it returns was called before. `Infinity`: never. */
export function inTime(withinMs: number, missed: () => void): () => void {
  if (withinMs > longestTimerMs) return () => undefined
  const timer = setTimeout(missed, withinMs)
  return () => {
    clearTimeout(timer)
  }
}
