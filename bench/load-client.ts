/** A client that costs as little as possible, so that the figures are the servers'. */
import { connect, type Socket } from 'node:net'

const newline = 0x0a

export class LoadClient {
  /** Lines received, the answer to LOGIN included. */
  lines = 0
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
  }

  /** Logged in anonymously at this port of this machine. */
  static async login(port: number): Promise<LoadClient> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    const client = new LoadClient(socket)
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) client.lines++
        if (client.lines > 0) resolve()
      })
      client.write('{"command":"LOGIN","username":"anonymous"}\n')
    })
    return client
  }

  /** False when the socket's buffer is full. */
  write(text: string): boolean {
    return this.#socket.write(text)
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#socket.once('drain', () => resolve()))
  }

  end(): void {
    this.#socket.destroy()
  }
}
