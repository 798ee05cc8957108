/**
 * Checks before the client begins that a server listens, and that it can be trusted. Later the client keeps trying by
 * itself; at the start a wrong port is a typing error, and waiting for it would be in vain.
 */
import type { ClientTls } from '@jwp/client'
import type { Endpoint } from '@jwp/protocol'
import { asClient, dialLines, type DialTls } from '@jwp/lines'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

const limitMs = 5_000

/** @throws CliFailure when the connection does not open. */
export function reachServer({ hostname, port }: Endpoint, tls: ClientTls | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, advice: string): void => {
      clearTimeout(patience)
      reject(new CliFailure(message, { advice, exitCode: exitCodes.unreachable }))
    }
    const patience = setTimeout(() => {
      attempt.cancel()
      fail(
        `${hostname}:${port} does not answer`,
        'check host and port (-rh, -rp), and firewalls between here and there',
      )
    }, limitMs)
    const attempt = dialLines(
      { host: hostname, port, tls: tls && dialTlsFrom(tls) },
      {
        onOpen: (connection) => {
          clearTimeout(patience)
          connection.close()
          resolve()
        },
        onFailure: (_why, info) => {
          if (info.includes('there is no host'))
            fail(`there is no host called ${hostname}`, 'check the spelling of -rh, or give an IP address')
          else if (info.includes('the TLS handshake failed'))
            fail(info, 'without --tls and --tls-ca, if that network speaks no TLS')
          else if (info.includes('for another host')) fail(info, '-rh <host> with a name of its certificate')
          else if (info.includes('no CA that this side trusts'))
            fail(info, '--tls-ca <file> with the CA of that network')
          else if (info.includes('cannot be trusted'))
            fail(info, 'ask who runs that server for a certificate that is valid')
          else
            fail(
              `no server listens at ${hostname}:${port}`,
              `another port (-rp), or start one: jwp server -lp ${port}`,
            )
        },
      },
    )
  })
}

/** @throws CliFailure when the CA is none. */
function dialTlsFrom(tls: ClientTls): DialTls {
  try {
    return asClient(tls)
  } catch (error) {
    throw new CliFailure(`--tls-ca is no certificate: ${(error as Error).message}`, {
      advice: 'a file in PEM',
      exitCode: exitCodes.usage,
    })
  }
}
