/**
 * Gets a name registered, at one server after the other, as `register` of the real library does: on a connection of its own,
 * which is over when the answer has come.
 */
import type { ServerCommand } from '@jwp/protocol'
import type { WorldParts } from '../world-parts.js'
import type { Account } from './account.js'
import { LineSocket } from './line-socket.js'

const retryMs = 150

export class Registration {
  readonly #parts: WorldParts
  readonly #host: string
  readonly #account: Account
  readonly #servers: () => readonly string[]
  readonly #done: () => void
  #attempt = 0
  #isOver = false
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined

  /** @param done called once, when the name belongs to the user */
  constructor(
    parts: WorldParts,
    host: string,
    account: Account,
    servers: () => readonly string[],
    done: () => void,
  ) {
    this.#parts = parts
    this.#host = host
    this.#account = account
    this.#servers = servers
    this.#done = done
    this.#ask()
  }

  /** Its process is killed. */
  crash(): void {
    this.#isOver = true
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  #ask(): void {
    const servers = this.#servers()
    const endpoint = servers[this.#attempt++ % servers.length]!
    this.#cancelDialling = this.#parts.network.dial(this.#host, endpoint, 'client', {
      opened: (connection) => {
        const socket: LineSocket = new LineSocket(connection, 'dialler', this.#parts.platform, {
          line: (text) => {
            if (this.#socket === socket) this.#answered(JSON.parse(text) as ServerCommand)
          },
          closed: () => {
            if (this.#socket !== socket) return
            // Perhaps the request arrived, and only the answer was lost.
            this.#account.state = 'asked'
            this.#askLater()
          },
        })
        this.#socket = socket
        const { username, secret } = this.#account
        socket.writeLine(JSON.stringify({ command: 'REGISTER', username, secret }))
        socket.flush()
        return socket
      },
      failed: () => this.#askLater(),
    })
  }

  #askLater(): void {
    this.#socket = undefined
    const { queue, random } = this.#parts
    queue.after(random.between(0.5, 1.5) * retryMs, () => {
      if (!this.#isOver) this.#ask()
    })
  }

  #answered(answer: ServerCommand): void {
    const socket = this.#socket
    const isAnswered =
      answer.command === 'REGISTER_SUCCESS' ||
      (answer.command === 'REGISTER_FAILED' && !answer.info.startsWith('not decided'))
    if (!isAnswered) {
      this.#askLater()
      return socket?.close()
    }
    // No other client wants this name: if it is taken, an earlier attempt of this one has succeeded.
    this.#account.state = 'owned'
    this.#isOver = true
    this.#socket = undefined
    socket?.close()
    this.#done()
  }
}
