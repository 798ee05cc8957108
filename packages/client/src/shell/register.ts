/** Registering a user: once in the whole network. */
import { dialLines, type DialTls, type LineConnection } from '@jwp/lines'
import { checkRegisterOptions } from './check-options.js'
import { dialTlsFrom, endpointsFrom } from './connect-options.js'
import { inTime } from './deadline.js'
import { registerDefaults } from './defaults.js'
import { RegisterFailed } from './errors.js'
import type { RegisterOptions } from './register-options.js'

/**
 * Registers a name. It can be used at once, at every server.
 *
 * @throws BadOption when an option makes no sense, RegisterFailed with the network's words: the name is taken, or could not be decided.
 * @example await register({ servers: ['localhost:3781'], username: 'aaron', secret: 'correct horse' })
 */
export async function register(options: RegisterOptions): Promise<void> {
  checkRegisterOptions(options)
  let last = new RegisterFailed('no server was given')
  const tls = dialTlsFrom(options.tls)
  for (const { hostname, port } of endpointsFrom(options.servers)) {
    const connection = await open(hostname, port, tls, options.withinMs ?? registerDefaults.withinMs)
    if (connection instanceof RegisterFailed) last = connection
    else return ask(connection, options)
  }
  throw last
}

function open(
  host: string,
  port: number,
  tls: DialTls | undefined,
  withinMs: number,
): Promise<LineConnection | RegisterFailed> {
  return new Promise((resolve) => {
    const met = inTime(withinMs, () => {
      attempt.cancel()
      resolve(new RegisterFailed(`not registered: ${host}:${port} does not answer`))
    })
    const attempt = dialLines(
      { host, port, tls },
      {
        onOpen: (connection) => {
          met()
          resolve(connection)
        },
        onFailure: (_why, info) => {
          met()
          resolve(new RegisterFailed(`not registered: ${info}`))
        },
      },
    )
  })
}

function ask(
  connection: LineConnection,
  { username, secret, withinMs = registerDefaults.withinMs }: RegisterOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const unknown = `${username} may have been registered: try to log in`
    const timer = setTimeout(() => {
      finish(new RegisterFailed(`no answer within ${withinMs} ms: ${unknown}`))
    }, withinMs)
    const finish = (error?: RegisterFailed): void => {
      clearTimeout(timer)
      connection.onClosed = undefined
      connection.close()
      if (error === undefined) resolve()
      else reject(error)
    }
    connection.onValue = (value) => {
      const { command, info } = (value ?? {}) as { command?: unknown; info?: unknown }
      if (command === 'REGISTER_SUCCESS') finish()
      else finish(new RegisterFailed(typeof info === 'string' ? info : 'the server refused'))
    }
    connection.onGarbled = (info) => {
      finish(new RegisterFailed(`what answers is no server: ${info}`))
    }
    connection.onClosed = () => {
      finish(new RegisterFailed(`the connection was lost: ${unknown}`))
    }
    connection.writeCommand({ command: 'REGISTER', username, secret })
  })
}
