/** The earliest of some deadlines, undefined if there is none. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const deadline of deadlines)
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline
  return first
}
