/** Asks one server how it is: STATUS, first on a link of its own. */
import type { ServerMessage, ServerStatus } from '@jwp/protocol'
import { dialLink, type Link } from '@jwp/transport'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import type { StatusTarget } from './walk-network.js'

/** From the first byte to the answer. A server that is busy answers late; one that hangs, never. */
const answerLimitMs = 2_000

/** @throws CliFailure: nobody there, wrong secret, no answer, or not one of our servers. */
export async function askStatus(target: StatusTarget): Promise<ServerStatus> {
  const place = `${target.host}:${target.port}`
  const attempt = dialLink({ host: target.host, port: target.port })
  const limit = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(unreachable(`${place} did not answer within ${answerLimitMs / 1_000} seconds`)),
      answerLimitMs,
    ).unref()
  })
  let link: Link | undefined
  try {
    link = await Promise.race([attempt.opened, limit])
    return await Promise.race([answerOn(link, target, place), limit])
  } finally {
    if (link) link.close()
    else attempt.cancel()
  }
}

function answerOn(link: Link, target: StatusTarget, place: string): Promise<ServerStatus> {
  return new Promise((resolve, reject) => {
    link.onMessages = (messages) => {
      for (const message of messages as Partial<ServerMessage>[]) {
        if (message.type === 'STATUS_RESULT' && message.status) resolve(message.status)
        if (message.type === 'AUTHENTICATION_FAIL') reject(refused(place, message.info ?? 'wrong secret'))
      }
    }
    link.onClosed = () => reject(unreachable(`${place} closed the connection without an answer`))
    link.send({ type: 'STATUS', secret: target.secret } satisfies ServerMessage)
    link.flush()
  })
}

const refused = (place: string, info: string) =>
  new CliFailure(`${place} refused: ${info}`, {
    advice: 'its secret (the -ms it was started with) as -s or JWP_PARENT_SECRET',
    exitCode: exitCodes.refused,
  })

const unreachable = (message: string) =>
  new CliFailure(message, { advice: 'another server of the network', exitCode: exitCodes.unreachable })
