/** Servers to ask first: the one that the user named, or those that the local keyring knows. */
import { isLoopbackHost } from '@jwp/protocol'
import { describeTrouble, findSecret, listLocalServers, type LocalServer } from '@jwp/server'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { parseEndpoint } from '../options/parse-endpoint.js'
import type { StatusTarget } from './walk-network.js'

/** @throws CliFailure when there is no server to ask, or no secret to show. */
export function startingPoints(asked: {
  address: string | undefined
  secret: string | undefined
}): StatusTarget[] {
  return asked.address === undefined ? everyLocalServer() : [namedServer(asked.address, asked.secret)]
}

function namedServer(address: string, secret: string | undefined): StatusTarget {
  const { hostname, port } = endpointIn(address)
  const known = secret ?? (isLoopbackHost(hostname) ? findSecret(port) : undefined)
  if (known === undefined) {
    throw new CliFailure(
      isLoopbackHost(hostname)
        ? `the local keyring has no secret for ${hostname}:${port}`
        : `a server on another machine asks for its secret`,
      {
        advice: `jwp tree ${address} -s <secret>, the one that server was started with (-ms)`,
        exitCode: isLoopbackHost(hostname) ? exitCodes.unreachable : exitCodes.refused,
      },
    )
  }
  return { host: hostname, port, secret: known }
}

function endpointIn(address: string): { hostname: string; port: number } {
  try {
    return parseEndpoint(address)
  } catch (error) {
    throw new CliFailure((error as Error).message, { advice: 'jwp tree --help', exitCode: exitCodes.usage })
  }
}

/** Bound to this machine by definition, whatever host they advertise. */
function everyLocalServer(): StatusTarget[] {
  const servers = localServers().map(({ port, secret }) => ({ host: 'localhost', port, secret }))
  if (servers.length > 0) return servers
  throw new CliFailure('no server of yours runs on this machine', {
    advice: 'jwp up, or jwp tree <host:port> -s <secret> for a network elsewhere',
    exitCode: exitCodes.unreachable,
  })
}

function localServers(): LocalServer[] {
  try {
    return listLocalServers()
  } catch (error) {
    throw new CliFailure(`the local keyring cannot be read: ${describeTrouble(error)}`, {
      advice: 'jwp tree <host:port> -s <secret>, or JWP_RUNTIME_DIR set to a folder of your own',
      exitCode: exitCodes.unreachable,
    })
  }
}
