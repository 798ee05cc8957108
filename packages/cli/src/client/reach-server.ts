/**
 * Looks whether anybody listens before the client begins. Later it keeps trying by itself, as it should; at the
 * start a wrong port is a typing error, and nobody wants to wait for that.
 */
import type { Endpoint } from '@jwp/protocol'
import { createConnection } from 'node:net'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

const patienceMs = 5_000

/** @throws CliFailure when the connection does not open. */
export function reachServer({ hostname, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, advice: string): void => {
      socket.destroy()
      reject(new CliFailure(message, { advice, exitCode: exitCodes.unreachable }))
    }
    const socket = createConnection({ host: hostname, port, timeout: patienceMs })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => {
      fail(
        `${hostname}:${port} does not answer`,
        'check host and port (-rh, -rp), and firewalls between here and there',
      )
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
        fail(`there is no host called ${hostname}`, 'check the spelling of -rh, or give an IP address')
      } else {
        fail(
          `no server listens at ${hostname}:${port}`,
          `another port (-rp), or start one: jwp server -lp ${port}`,
        )
      }
    })
  })
}
