/** Asks one server how it is: STATUS, first on a link of its own. */
import { fromWire, toWire, type ServerStatus } from '@jwp/protocol'
import { dialLink, type DialAttempt, type Link } from '@jwp/transport'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import type { StatusTarget } from './walk-network.js'

/** From dialling to the answer. A server that is busy answers late; one that hangs, never. */
const answerLimitMs = 2_000

/** @throws CliFailure: nobody there, wrong secret, no answer, or not one of our servers. */
export function askStatus(target: StatusTarget): Promise<ServerStatus> {
  const place = `${target.host}:${target.port}`
  let attempt: DialAttempt | undefined
  let link: Link | undefined
  let limit: NodeJS.Timeout | undefined
  const answered = new Promise<ServerStatus>((resolve, reject) => {
    limit = setTimeout(() => reject(unreachable(`${place} does not answer`)), answerLimitMs)
    attempt = dialLink(target, {
      onOpen(opened) {
        link = opened
        opened.onClosed = (info) => reject(unreachable(`${place} closed the connection: ${info}`))
        opened.onMessages = (messages) => {
          try {
            for (const message of messages) readAnswer(message, place, resolve, reject)
          } catch {
            reject(unreachable(`${place} is no JWP server`))
          }
        }
        opened.send(toWire({ type: 'STATUS', secret: target.secret }))
        opened.flush()
      },
      onFailure: (_why, info) => reject(unreachable(info)),
    })
  })
  return answered.finally(() => {
    clearTimeout(limit)
    if (link) link.close()
    else attempt?.cancel()
  })
}

/** @throws MalformedMessage for what is no message of ours. */
function readAnswer(
  raw: unknown,
  place: string,
  resolve: (status: ServerStatus) => void,
  reject: (failure: CliFailure) => void,
): void {
  const message = fromWire(raw)
  if (message.type === 'STATUS_RESULT') resolve(message.status)
  if (message.type === 'AUTHENTICATION_FAIL') {
    reject(
      new CliFailure(`${place} refused: ${message.info}`, {
        advice: 'its secret (the -ms it was started with) as -s or JWP_PARENT_SECRET',
        exitCode: exitCodes.refused,
      }),
    )
  }
}

const unreachable = (message: string) =>
  new CliFailure(message, {
    advice: 'jwp tree with the address of a server that runs',
    exitCode: exitCodes.unreachable,
  })
