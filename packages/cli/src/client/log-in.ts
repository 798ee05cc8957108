/** From the flags of `jwp client` to a connection: anonymous, registering, or logging in. */
import {
  connect,
  LoginFailed,
  Refused,
  register,
  RegisterFailed,
  type ClientTls,
  type Connection,
} from '@jwp/client'
import { anonymous, type Endpoint } from '@jwp/protocol'
import { randomBytes } from 'node:crypto'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { reachServer } from './reach-server.js'

export interface LoginSettings {
  /** Be told who comes and goes. */
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

/** @throws CliFailure when nobody is there, or the network says no. */
export async function logIn(settings: LoginSettings): Promise<Connection> {
  const { server, tls } = settings
  const username = settings.username === anonymous ? undefined : settings.username
  await reachServer(server, tls)
  const address = { host: server.hostname, port: server.port }
  const limit = AbortSignal.timeout(onlineLimitMs)
  const stop = new AbortController()
  const giveUp = (): void => stop.abort()
  limit.addEventListener('abort', giveUp)
  try {
    const secret =
      settings.secret ?? (username === undefined ? undefined : await newSecretFor(username, address, tls))
    return await connect({
      presence: settings.presence,
      servers: [address],
      username,
      secret,
      tls,
      signal: stop.signal,
    })
  } catch (error) {
    throw limit.aborted ? notOnline(server) : explainLogin(error, username)
  } finally {
    limit.removeEventListener('abort', giveUp)
  }
}

/** Shown once, and on stderr, so that it never ends in a file of broadcasts. */
async function newSecretFor(
  username: string,
  server: { host: string; port: number },
  tls: ClientTls | undefined,
): Promise<string> {
  const secret = randomBytes(12).toString('base64url')
  await register({ servers: [server], username, secret, tls })
  process.stderr.write(`registered ${username} with the secret ${secret}\n`)
  return secret
}

function explainLogin(error: unknown, username: string | undefined): unknown {
  if (error instanceof RegisterFailed) {
    return new CliFailure(error.message, {
      advice: `-s <secret>, if ${username} is you; another name (-u) if not`,
      exitCode: exitCodes.refused,
    })
  }
  if (error instanceof LoginFailed && error.message.includes('is not registered')) {
    return new CliFailure(error.message, {
      advice: `jwp client with -u ${username} and no secret, which registers the name; or check its spelling`,
      exitCode: exitCodes.refused,
    })
  }
  if (error instanceof LoginFailed) {
    return new CliFailure(error.message, {
      advice: `-s with the secret that was shown when ${username} was registered`,
      exitCode: exitCodes.refused,
    })
  }
  if (error instanceof Refused && error.message.includes('TLS')) {
    return new CliFailure(error.message.replace(/^[A-Z_]+: /, ''), {
      advice: '--tls-ca <file> with the CA of that network, or --tls if this system trusts it',
      exitCode: exitCodes.refused,
    })
  }
  if (error instanceof Refused) {
    return new CliFailure(`what listens there lets nobody in: ${error.message}`, {
      advice: 'the port of a server (-rp); jwp tree shows those of this machine',
      exitCode: exitCodes.refused,
    })
  }
  return error
}

const notOnline = ({ hostname, port }: Endpoint) =>
  new CliFailure(`${hostname}:${port} let nobody in for ${onlineLimitMs / 1_000} seconds`, {
    advice: 'jwp tree, to see how the network is',
    exitCode: exitCodes.unreachable,
  })
