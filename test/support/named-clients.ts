/** Users of a real network whose programs are processes of their own (`jwp client`), so that they can be killed. */
import { connect, register, type Connection } from '@jwp/client'
import type { ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import type { JwpProcess, RealNetwork } from './real-network.js'

export const secretOf = (username: string): string => `${username}'s`

export class NamedClients {
  readonly #t: ExecutionContext
  readonly #network: RealNetwork
  readonly #processes: JwpProcess[] = []

  constructor(t: ExecutionContext, network: RealNetwork) {
    this.#t = t
    this.#network = network
  }

  /** A client that publishes at this server, and sees which users are online. */
  async observeAt(letter: string): Promise<Connection> {
    const connection = await connect({ servers: [this.#address(letter)], presence: true })
    this.#t.teardown(() => connection.close({ now: true }))
    return connection
  }

  register(username: string, letter: string): Promise<void> {
    return register({ servers: [this.#address(letter)], username, secret: secretOf(username) })
  }

  /** `jwp client` in a pipe, logged in: its broadcasts are lines of what it prints. */
  async start(username: string, letter: string, observer: Connection): Promise<JwpProcess> {
    const { port } = this.#network.server(letter)
    const argv = ['client', '-rp', String(port), '-u', username, '-s', secretOf(username), '--listen']
    const client = this.#network.start(`${username}@${letter}`, 0, argv)
    this.#processes.push(client)
    await untilOnline(observer, username, true)
    return client
  }

  #address(letter: string): string {
    return `localhost:${this.#network.server(letter).port}`
  }
}

/** SIGKILL: no last words, no socket closed in order. */
export async function kill({ child, ended }: JwpProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

export function untilOnline(observer: Connection, username: string, online: boolean): Promise<true> {
  return eventually(`${username} is ${online ? 'online' : 'offline'}`, () =>
    observer.online.has(username) === online ? true : undefined,
  )
}

/** What a client's process has printed so far, by their texts. */
export function printedTexts(client: JwpProcess): string[] {
  return client
    .printed()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => (JSON.parse(line) as { activity: { text: string } }).activity.text)
}

export function untilPrinted(client: JwpProcess, text: string): Promise<true> {
  return eventually(`${client.letter} prints ${text}`, () =>
    printedTexts(client).includes(text) ? true : undefined,
  )
}
