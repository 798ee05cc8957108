/** A connection that is refused gets the reason, in its own protocol. */
import type { Socket } from 'node:net'
import { endSoon } from '@jwp/lines'
import { commandLine } from '@jwp/protocol'
import type { Dialect } from './first-bytes.js'

/** A peer that does not read the answer for so long is cut off, in milliseconds. */
const lastWordsMs = 2_000

/** TLS's own word for "I do not speak that": an alert record, fatal, `protocol_version`. */
const tlsAlert = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])

export interface Refusal {
  /** For connections with lines. */
  readonly command: 'INVALID_MESSAGE' | 'LOGIN_FAILED'
  /** For connections with HTTP. */
  readonly status: '400 Bad Request' | '503 Service Unavailable'
  readonly info: string
}

export function refuseSocket(
  socket: Socket,
  dialect: Exclude<Dialect, 'net-ipc'>,
  { command, status, info }: Refusal,
): void {
  if (dialect !== 'http') return sayAndEnd(socket, commandLine({ command, info }))
  const body = `${info}\n`
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  sayAndEnd(socket, `${head.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * A plain port that gets TLS: the peer gets an error at once, instead of waiting for an answer that it cannot read.
 */
export function noTlsHere(socket: Socket): void {
  sayAndEnd(socket, tlsAlert)
}

function sayAndEnd(socket: Socket, words: string | Buffer): void {
  socket.write(words)
  endSoon(socket, lastWordsMs)
  // What still comes in is thrown away: unread, it would make the system reset the connection, and our words with it.
  socket.resume()
}
