/**
 * Which version of the protocol two sides speak: each tells the range that it knows, and the highest in common is
 * spoken. What carries a range, and where it stands there, is the same in every version, so that even sides with
 * nothing in common understand why.
 */

/** Oldest and newest version that is known. */
export type VersionRange = readonly [oldest: number, newest: number]

/**
 * What servers say to each other, what clients and servers do, and what servers and clocks do: each changes by itself. Raise the
 * second number with every change of that wire; raise the first when an old version is no longer spoken.
 */
export const serverProtocolVersions: VersionRange = [2, 2]
export const clientProtocolVersions: VersionRange = [1, 1]
export const clockProtocolVersions: VersionRange = [1, 1]

/** Of this software, as its packages are published; a test compares it with theirs. */
export const softwareVersion = '0.1.0'

/** What both know, the newest of it; undefined: nothing. */
export function highestInCommon(ours: VersionRange, theirs: VersionRange): number | undefined {
  const newest = Math.min(ours[1], theirs[1])
  return newest >= Math.max(ours[0], theirs[0]) ? newest : undefined
}

/** What a peer calls its range, or the one version that it speaks; undefined: it names none that could be one. */
export function versionRangeFrom(value: unknown): VersionRange | undefined {
  const isPair = Array.isArray(value) && value.length === 2
  const [oldest, newest] = (isPair ? value : [value, value]) as readonly unknown[]
  if (!isVersion(oldest) || !isVersion(newest) || oldest > newest) return undefined
  return [oldest, newest]
}

/** For people: `version 1`, `versions 1 to 3`, or that it names none. */
export function versionsInWords(range: VersionRange | undefined): string {
  if (range === undefined) return 'no version that it names'
  return range[0] === range[1] ? `version ${range[0]}` : `versions ${range[0]} to ${range[1]}`
}

/** Why there is no common version. `us`: the side that reports it, such as "this server". */
export function noVersionInCommon(
  us: string,
  ours: VersionRange,
  them: string,
  theirs: VersionRange | undefined,
): string {
  return `no protocol version in common: ${us} speaks ${versionsInWords(ours)}, ${them} ${versionsInWords(theirs)}`
}

const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
