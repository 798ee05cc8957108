/** As many messages as a socket takes, from a client that speaks the plain protocol. */
import { connect } from 'node:net'

const messagesPerWrite = 100

/**
 * Publishes `count` activities {k, text}, k rising from `first`, with texts of `textBytes`. Resolves when the system has
 * taken the last of them; a server that slows its publishers makes that later.
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
  socket.resume()
  socket.write('{"command":"LOGIN","username":"anonymous"}\n')
  const text = 'x'.repeat(textBytes)
  for (let k = first; k < first + count;) {
    let lines = ''
    for (let i = 0; i < messagesPerWrite && k < first + count; i++, k++)
      lines += `${JSON.stringify({ command: 'ACTIVITY_MESSAGE', activity: { k, text } })}\n`
    if (!socket.write(lines))
      await Promise.race([failed, new Promise((resolve) => socket.once('drain', resolve))])
  }
  await Promise.race([failed, new Promise<void>((resolve) => socket.end(resolve))])
}
