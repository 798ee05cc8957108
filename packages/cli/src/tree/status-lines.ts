/** Lines to all servers that a walk has met, kept open from walk to walk: looking often must not cost much. */
import type { ServerStatus } from '@jwp/protocol'
import type { DialTls } from '@jwp/lines'
import { StatusLine } from './status-line.js'
import type { AskStatus, StatusTarget } from './walk-network.js'

export class StatusLines {
  #lines = new Map<string, StatusLine>()
  readonly #tls: DialTls | undefined

  /** @param tls undefined: plain */
  constructor(tls?: DialTls) {
    this.#tls = tls
  }

  /** A line that has failed is dialled anew. */
  readonly ask: AskStatus = (target): Promise<ServerStatus> => {
    const key = keyOf(target)
    let line = this.#lines.get(key)
    if (!line || line.hasFailed) {
      line = new StatusLine(target, this.#tls)
      this.#lines.set(key, line)
    }
    return line.ask()
  }

  close(): void {
    for (const line of this.#lines.values()) line.close()
    this.#lines.clear()
  }
}

const keyOf = ({ host, port, secret }: StatusTarget) => `${host}:${port} ${secret}`
