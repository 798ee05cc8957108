/**
 * A line to one server on which it can be asked again and again how it is: STATUS, first on a link of its own.
 * Questions may overlap; answers come in the order of the questions.
 */
import {
  fromWire,
  noVersionInCommon,
  serverProtocolVersions,
  toWire,
  whatAClockSays,
  type ServerStatus,
} from '@jwp/protocol'
import type { DialAttempt, DialTls } from '@jwp/lines'
import { dialLink, type Link } from '@jwp/transport'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import type { StatusTarget } from './walk-network.js'

/** From the question to the answer. A server that is busy answers late; one that hangs, never. */
const answerLimitMs = 2_000

interface Question {
  readonly resolve: (status: ServerStatus) => void
  readonly reject: (failure: CliFailure) => void
  readonly limit: NodeJS.Timeout
}

export class StatusLine {
  readonly #target: StatusTarget
  readonly #place: string
  readonly #attempt: DialAttempt
  #link: Link | undefined
  #questions: Question[] = []
  /** Why nothing can be asked on this line any more. */
  #failure: CliFailure | undefined

  constructor(target: StatusTarget, tls: DialTls | undefined) {
    this.#target = target
    this.#place = `${target.host}:${target.port}`
    this.#attempt = dialLink(
      { host: target.host, port: target.port, tls },
      {
        onOpen: (link) => this.#opened(link),
        onFailure: (_why, info) => this.#end(unreachable(info)),
      },
    )
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** @throws CliFailure: nothing listens, wrong secret, no answer, or no JWP server. */
  ask(): Promise<ServerStatus> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      const limit = setTimeout(() => this.#end(unreachable(`${this.#place} does not answer`)), answerLimitMs)
      this.#questions.push({ resolve, reject, limit })
      if (this.#link) this.#send(this.#link)
    })
  }

  close(): void {
    this.#end(unreachable(`${this.#place} was not asked any more`))
  }

  #opened(link: Link): void {
    this.#link = link
    link.onClosed = (info) => this.#end(unreachable(`${this.#place} closed the connection: ${info}`))
    link.onMessages = (messages) => {
      try {
        for (const message of messages) this.#read(message)
      } catch (error) {
        const isClock = error instanceof Error && error.message.includes(whatAClockSays)
        this.#end(unreachable(`${this.#place} is ${isClock ? 'a clock, ' : ''}no JWP server`))
      }
    }
    for (let asked = 0; asked < this.#questions.length; asked++) this.#send(link)
  }

  #send(link: Link): void {
    link.send(toWire({ type: 'STATUS', secret: this.#target.secret }))
    link.flush()
  }

  /** @throws MalformedMessage for what is no message of ours. */
  #read(raw: unknown): void {
    const message = fromWire(raw)
    if (message.type === 'FOREIGN') {
      const info = noVersionInCommon('this jwp', serverProtocolVersions, 'that server', message.versions)
      return this.#end(foreign(this.#place, info))
    }
    if (message.type === 'AUTHENTICATION_FAIL') return this.#end(refused(this.#place, message.info))
    if (message.type !== 'STATUS_RESULT') return
    const question = this.#questions.shift()
    clearTimeout(question?.limit)
    question?.resolve(message.status)
  }

  #end(failure: CliFailure): void {
    if (this.#failure) return
    this.#failure = failure
    if (this.#link) this.#link.close()
    else this.#attempt.cancel()
    for (const { reject, limit } of this.#questions) {
      clearTimeout(limit)
      reject(failure)
    }
    this.#questions = []
  }
}

const refused = (place: string, info: string) =>
  new CliFailure(`${place} refused: ${info}`, {
    advice: /TLS|certificate/.test(info)
      ? '--tls-cert, --tls-key and --tls-ca, as for a server of that network'
      : 'its secret (the -ms it was started with) as -s or JWP_PARENT_SECRET',
    exitCode: exitCodes.refused,
  })

const foreign = (place: string, info: string) =>
  new CliFailure(`${place}: ${info}`, {
    advice: 'jwp tree of the same version as that server',
    exitCode: exitCodes.refused,
  })

const unreachable = (message: string) =>
  new CliFailure(message, { advice: adviceFor(message), exitCode: exitCodes.unreachable })

function adviceFor(message: string): string {
  if (message.includes('the TLS handshake failed'))
    return 'without --tls-cert, --tls-key and --tls-ca, if that network speaks no TLS'
  if (message.includes('no CA that this side trusts'))
    return '--tls-ca <file> with the CA of that network, and a certificate that it signed as --tls-cert and --tls-key'
  return 'jwp tree with the address of a server that runs'
}
