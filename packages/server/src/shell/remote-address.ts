/** Where the server to join is, and what it accepts. */
import { asServerName, isLoopbackHost, type Address } from '@jwp/protocol'
import { findFormerSecret, findSecret } from './keyring.js'
import { CannotStart, type RemoteServer } from './server-process-options.js'

/**
 * @param mayBeDown others are remembered who can be asked when this one does not run
 * @throws CannotStart when there is no secret to be found.
 */
export function addressOfRemote(
  { host, port, secret }: RemoteServer,
  { mayBeDown }: { mayBeDown: boolean },
): Address {
  const local = isLoopbackHost(host)
  const known =
    secret ??
    (local ? findSecret(port) : undefined) ??
    (local && mayBeDown ? findFormerSecret(port) : undefined)
  if (known === undefined) {
    const hint = isLoopbackHost(host)
      ? `no server of yours is running on port ${port} of this machine (or it is still starting)`
      : `the secret of a server on another machine cannot be found here`
    throw new CannotStart(
      'secret-missing',
      `cannot join ${host}:${port}: ${hint}; start it first, or give its secret (-s)`,
    )
  }
  return { name: asServerName(`${host}:${port}`), host, port, secret: known }
}
