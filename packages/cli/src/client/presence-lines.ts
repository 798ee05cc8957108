/** Users that come and go, as lines of JSON in a pipe. A slow reader gets the last line of each user. */
import type { Connection } from '@jwp/client'
import { visibleJson } from '@jwp/protocol'

export function printPresence(connection: Connection): void {
  const { stdout } = process
  const waiting = new Map<string, string>()
  const write = (): void => {
    for (const [username, line] of waiting) {
      if (stdout.writableNeedDrain) {
        stdout.once('drain', write)
        return
      }
      waiting.delete(username)
      stdout.write(line)
    }
  }
  connection.on('presence', (presence) => {
    const isWaiting = waiting.size > 0
    waiting.set(presence.username, `${visibleJson(JSON.stringify({ presence }))}\n`)
    if (!isWaiting) write()
  })
}
