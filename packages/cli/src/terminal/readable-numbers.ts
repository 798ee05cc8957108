/** Numbers as people read them. */

/** `12,345` */
export const grouped = (count: number): string => count.toLocaleString('en-US')

/** `1 server`, `2 servers` */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${grouped(count)} ${count === 1 ? noun : plural}`
