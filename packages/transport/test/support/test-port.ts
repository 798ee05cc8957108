/** A shared port on a free port of this machine, for one test. */
import type { DialTls, LineConnection } from '@jwp/lines'
import { dialLink, SharedPort, type Link, type LinkLimits } from '@jwp/transport'
import type { ExecutionContext } from 'ava'
import type { SharedPortHandlers, SharedPortOptions } from '@jwp/transport'

export const localhost = '127.0.0.1'

export async function testPort(
  t: ExecutionContext,
  handlers: Partial<SharedPortHandlers> = {},
  options: Partial<SharedPortOptions> = {},
): Promise<SharedPort> {
  const port = await SharedPort.listen(
    { host: localhost, port: 0, ...options },
    {
      onLink: () => undefined,
      onLines: () => undefined,
      onHttp: (_request, response) => response.end('hello over HTTP'),
      ...handlers,
    },
  )
  t.teardown(() => {
    port.close()
  })
  return port
}

/** Answers every line with itself. */
export function echoLines(connection: LineConnection): void {
  connection.onValue = (value) => {
    connection.writeCommand({ echo: value })
  }
  connection.onGarbled = (info) => {
    connection.writeCommand({ garbled: info })
    connection.close()
  }
}

/** Answers every message with itself. */
export function echoLink(link: Link): void {
  link.onMessages = (messages) => {
    for (const message of messages) link.send(message)
    link.flush()
  }
}

export function dial(port: number, limits?: LinkLimits, tls?: DialTls): Promise<Link> {
  return new Promise((resolve, reject) => {
    const outcome = {
      onOpen: resolve,
      onFailure: (why: string, info: string) => {
        reject(new Error(`${why}: ${info}`))
      },
    }
    dialLink({ host: localhost, port, tls }, outcome, limits)
  })
}

/** What the other end answers to one message. */
export function ask(link: Link, message: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    link.onMessages = ([first]) => {
      resolve(first)
    }
    link.onClosed = (info) => {
      reject(new Error(info))
    }
    link.send(message)
    link.flush()
  })
}
