/** Opens the one port of a server, with the configured limits. */
import { createServer } from 'node:net'
import { settingsFrom } from '@jwp/protocol/options'
import { serverOptions } from '@jwp/server/options'
import { defaultAdmissionLimits, SharedPort, unauthenticatedLimit } from '@jwp/transport'
import { CannotStart, type ServerProcessOptions } from './server-process-options.js'

/**
 * Opens the port and closes it again: for callers that have to wait for something before they start, and want to know
 * at once that it would be in vain.
 * @throws CannotStart when the port cannot be had.
 */
export async function checkPort(
  options: Pick<ServerProcessOptions, 'listenPort' | 'bindHost'>,
): Promise<void> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen({ port: options.listenPort, host: options.bindHost }, resolve)
    })
  } catch (error) {
    throw cannotListen(options.listenPort, error)
  }
  await new Promise((resolve) => probe.close(resolve))
}

/** @throws CannotStart when the port cannot be had. */
export async function listen(
  options: ServerProcessOptions,
  handlers: Parameters<typeof SharedPort.listen>[1],
): Promise<SharedPort> {
  const { listenPort, bindHost, tls } = options
  const { maxConnections, maxConnectionsPerAddress } = settingsFrom(serverOptions, options)
  const admission = {
    ...defaultAdmissionLimits,
    unauthenticated: unauthenticatedLimit(),
    clients: maxConnections,
    connectionsPerAddress: maxConnectionsPerAddress,
    burstPerAddress: maxConnectionsPerAddress,
  }
  try {
    return await SharedPort.listen({ port: listenPort, host: bindHost, tls, admission }, handlers)
  } catch (error) {
    throw cannotListen(listenPort, error)
  }
}

function cannotListen(listenPort: number, error: unknown): CannotStart {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EADDRINUSE'
    ? new CannotStart('port-in-use', `port ${listenPort} is in use: choose another one with -lp`)
    : new CannotStart('cannot-listen', `cannot listen on port ${listenPort}: ${message}`)
}
