/** `{"command":"GET_TIME"}` from any client, as the source design's clock answers it. */
import type { LineConnection } from '@jwp/lines'
import type { LeadershipState } from './clock-engine.js'

/** Of several clocks only the leader answers: a client that asked two of them could see the time go back. */
export function answerTime(connection: LineConnection, leadership: () => LeadershipState | undefined): void {
  const refuse = (info: string): void => {
    connection.writeCommand({ command: 'INVALID_MESSAGE', info })
    connection.close()
  }
  connection.onValue = (value) => {
    const command = (value as { command?: unknown } | null)?.command
    if (command !== 'GET_TIME') {
      refuse(
        typeof command === 'string'
          ? 'a clock answers GET_TIME only'
          : 'the received message did not contain a command',
      )
      return
    }
    connection.writeCommand(timeOf(leadership()))
    connection.close()
  }
  connection.onGarbled = refuse
}

function timeOf(leadership: LeadershipState | undefined): object {
  if (leadership === undefined || leadership.isLeader)
    return { command: 'CLOCK_RESPONSE', time: String(Date.now()) }
  const { leader } = leadership
  return { command: 'NOT_LEADER', ...(leader && { hostname: leader.host, port: leader.port }) }
}
