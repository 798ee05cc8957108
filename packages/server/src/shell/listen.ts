/** Opens the one port of a server, with the limits that it was told. */
import { defaultAdmissionLimits, SharedPort } from '@jwp/transport'
import { CannotStart, type ServerProcessOptions } from './server-process-options.js'

/** @throws CannotStart when the port cannot be had. */
export async function listen(
  options: ServerProcessOptions,
  handlers: Parameters<typeof SharedPort.listen>[1],
): Promise<SharedPort> {
  const { listenPort, bindHost, tls, maxConnections, maxConnectionsPerAddress } = options
  const admission = {
    ...defaultAdmissionLimits,
    ...(maxConnections === undefined ? {} : { clients: maxConnections }),
    ...(maxConnectionsPerAddress === undefined
      ? {}
      : { connectionsPerAddress: maxConnectionsPerAddress, burstPerAddress: maxConnectionsPerAddress }),
  }
  try {
    return await SharedPort.listen({ port: listenPort, host: bindHost, tls, admission }, handlers)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new CannotStart('port-in-use', `port ${listenPort} is in use: choose another one with -lp`)
    throw new CannotStart('cannot-listen', `cannot listen on port ${listenPort}: ${message}`)
  }
}
