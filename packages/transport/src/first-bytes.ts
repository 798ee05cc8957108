/**
 * The protocol of a new connection, recognized by its first bytes: net-ipc opens with `IPC`, HTTP with a whole method
 * and a space, everything else is a client with JSON lines. A first byte that no line of text begins with is the high
 * byte of a length: the client writes with `writeUTF`.
 */
export type Dialect = 'net-ipc' | 'http' | 'lines' | 'write-utf'

const magic = [
  'IPC',
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'].map(
    (method) => `${method} `,
  ),
]
/** Enough for the longest of them. */
export const firstBytesNeeded = Math.max(...magic.map((word) => word.length))

/** Undefined: these few bytes do not tell yet. */
export function dialectOf(first: Uint8Array): Dialect | undefined {
  const head = first[0]
  if (head === undefined) return undefined
  if (head < 0x20 && !isWhiteSpace(head)) return 'write-utf'
  const text = String.fromCharCode(...first.subarray(0, firstBytesNeeded))
  for (const word of magic) {
    if (text.startsWith(word)) return word === 'IPC' ? 'net-ipc' : 'http'
    if (word.startsWith(text)) return undefined
  }
  return 'lines'
}

/** How every TLS connection begins; undefined: too few bytes to tell. A `writeUTF` message of 5,632 bytes or more does, too. */
export function isTls(first: Uint8Array): boolean | undefined {
  if (first[0] !== 0x16) return first.length === 0 ? undefined : false
  return first.length < 2 ? undefined : first[1] === 0x03
}

/**
 * More than any record may hold, in bytes: a peer that announces more gets an error of TLS, and is not waited for.
 */
const mostInTlsRecord = 16_384 + 2_048

/** Of what begins like TLS: all of its first record has come, which mostly is all that the other end says first. */
export function isWholeTlsRecord(first: Uint8Array): boolean {
  if (first.length < 5) return false
  const bytes = first[3]! * 256 + first[4]!
  return bytes > mostInTlsRecord || first.length >= 5 + bytes
}

/**
 * The same where TLS is not spoken: the third byte is a version, and never the first character of a client's message.
 * Only for connections whose dialect is known already.
 */
export function isTlsForSure(first: Uint8Array): boolean {
  return isTls(first) === true && first.length > 2 && first[2]! <= 0x04
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x20
}
