/** As many messages as a socket takes, and certainty that all of them are in the log. */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const messagesPerWrite = 100
/**
 * With `resume` a client that falls behind the retention is told of a gap. Without it the server closes the
 * connection, and what the client has just said is lost.
 */
const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] }

/**
 * Publishes `count` activities {k, text}, k rising from `first`, with texts of `textBytes`. Resolves when the last of them
 * is in the log; a server that slows its publishers makes that later.
 */
export async function flood(
  port: number,
  { first = 1, count, textBytes }: { first?: number; count: number; textBytes: number },
): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const failed = new Promise<never>((_resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error('the server hung up on the publisher'))
    })
  })
  failed.catch(() => undefined)
  const logged = new Promise<void>((resolve) => {
    createInterface({ input: socket }).on('line', (line) => {
      if (line.startsWith('{"command":"ACTIVITY_ACK"') && (JSON.parse(line) as { id: number }).id >= count)
        resolve()
    })
  })
  socket.write(`${JSON.stringify(login)}\n`)
  const text = 'x'.repeat(textBytes)
  for (let id = 1; id <= count;) {
    let lines = ''
    for (let i = 0; i < messagesPerWrite && id <= count; i++, id++) {
      const activity = { k: first + id - 1, text }
      lines += `${JSON.stringify({ command: 'ACTIVITY_MESSAGE', id, activity })}\n`
    }
    if (!socket.write(lines))
      await Promise.race([failed, new Promise((resolve) => socket.once('drain', resolve))])
  }
  await Promise.race([failed, logged])
  await new Promise<void>((resolve) => socket.end(resolve))
}
