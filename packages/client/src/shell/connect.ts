/** Joining the network as a client. */
import { Connection } from './connection.js'
import { checkConnectOptions } from './check-options.js'
import type { ConnectOptions } from './connect-options.js'
import { inTime } from './deadline.js'
import { connectDefaults } from './defaults.js'
import { NotConnected } from './errors.js'

/**
 * Connects and logs in. Resolves when online; from then on the connection heals itself, however long that takes.
 *
 * @throws BadOption when an option makes no sense, LoginFailed when the network refuses the name or the secret, NotConnected when no server has let us in within
 * `withinMs`, or `signal` was aborted.
 * @example
 * const connection = await connect({ servers: ['localhost:3781'] })
 * await connection.send({ text: 'hello' })
 * for await (const { user, activity } of connection) console.log(user, activity)
 */
export function connect(options: ConnectOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    checkConnectOptions(options)
    const { signal, withinMs = connectDefaults.withinMs } = options
    if (signal?.aborted === true) {
      reject(new NotConnected('aborted before it began'))
      return
    }
    const connection = new Connection(options)
    let why = 'aborted before it was online'
    let last = 'none has answered yet'
    const met = inTime(withinMs, () => {
      why = `no server has let us in within ${withinMs} ms (${last})`
      void connection.close({ now: true })
    })
    const lost: Parameters<typeof connection.on<'disconnected'>>[1] = (server, info) => {
      const at = server === undefined ? '' : `${server.hostname}:${server.port}`
      last = info.includes(at) ? info : `${at}: ${info}`
    }
    const failed = (error: Error | undefined): void => {
      met()
      reject(error ?? new NotConnected(why))
    }
    connection.on('disconnected', lost)
    connection.once('closed', failed)
    connection.once('connected', () => {
      met()
      connection.off('disconnected', lost)
      connection.off('closed', failed)
      connection.pauseForOneTurn()
      resolve(connection)
    })
    connection.start()
  })
}
