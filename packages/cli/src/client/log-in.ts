/** From the flags of `jwp client` to a connection: anonymous, registering, or logging in. */
import { connect, register, type ClientTls, type Connection } from '@jwp/client'
import { anonymous, visibleText, type Endpoint } from '@jwp/protocol'
import { randomBytes } from 'node:crypto'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { explainLogin } from './explain-login.js'
import { reachServer } from './reach-server.js'

export interface LoginSettings {
  /** Ask for presence. */
  readonly presence: boolean
  readonly server: Endpoint
  /** Undefined: anonymous. */
  readonly username: string | undefined
  /** Undefined, with a name: register it. */
  readonly secret: string | undefined
  /** Undefined: plain. */
  readonly tls: ClientTls | undefined
}

/** A network that is healing may need a moment; after this long something else is wrong. */
const onlineLimitMs = 20_000

/** @throws CliFailure when no server answers, or the network refuses. */
export async function logIn(settings: LoginSettings): Promise<Connection> {
  const { server, tls } = settings
  const username = settings.username === anonymous ? undefined : settings.username
  await reachServer(server, tls)
  const address = { host: server.hostname, port: server.port }
  const limit = AbortSignal.timeout(onlineLimitMs)
  const stop = new AbortController()
  const giveUp = (): void => stop.abort()
  limit.addEventListener('abort', giveUp)
  const isNew = username !== undefined && settings.secret === undefined
  const newSecret = isNew ? randomBytes(12).toString('base64url') : undefined
  try {
    if (newSecret !== undefined) await registerWith(newSecret, username!, address, tls)
    return await connect({
      presence: settings.presence,
      servers: [address],
      username,
      secret: settings.secret ?? newSecret,
      tls,
      signal: stop.signal,
    })
  } catch (error) {
    throw limit.aborted ? notOnline(server) : explainLogin(error, { username, newSecret })
  } finally {
    limit.removeEventListener('abort', giveUp)
  }
}

/** Shown once, and on stderr, so that it never ends in a file of broadcasts. */
async function registerWith(
  secret: string,
  username: string,
  server: { host: string; port: number },
  tls: ClientTls | undefined,
): Promise<void> {
  await register({ servers: [server], username, secret, tls })
  process.stderr.write(`registered ${visibleText(username)} with the secret ${secret}\n`)
}

const notOnline = ({ hostname, port }: Endpoint) =>
  new CliFailure(`${hostname}:${port} accepted no login for ${onlineLimitMs / 1_000} seconds`, {
    advice: 'jwp tree, to see how the network is',
    exitCode: exitCodes.unreachable,
  })
