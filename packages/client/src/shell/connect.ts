/** Joining the network as a client. */
import { Connection } from './connection.js'
import type { ConnectOptions } from './connect-options.js'

/**
 * Connects and logs in. Resolves when online; from then on the connection heals itself.
 *
 * While no server answers it keeps trying; use `signal` to give up.
 *
 * @throws LoginFailed when the network refuses the name or the secret.
 * @example
 * const connection = await connect({ servers: ['localhost:3781'] })
 * await connection.send({ text: 'hello' })
 * for await (const { user, activity } of connection) console.log(user, activity)
 */
export function connect(options: ConnectOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) {
      reject(new Error('aborted before it began'))
      return
    }
    const connection = new Connection(options)
    connection.once('closed', (error) => {
      reject(error ?? new Error('aborted before it was online'))
    })
    connection.once('connected', () => {
      connection.holdForOneTurn()
      resolve(connection)
    })
    connection.start()
  })
}
