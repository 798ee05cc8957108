/** Collects what the core wants done while it handles one input. */
import {
  visibleText,
  type Address,
  type ClientId,
  type LinkId,
  type ServerCommand,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffect, ServerEvent } from './effects.js'

export class Outbox {
  #effects: ServerEffect[] = []

  push(effect: ServerEffect): void {
    this.#effects.push(effect)
  }

  send(link: LinkId, message: ServerMessage): void {
    this.#effects.push({ type: 'send', link, message })
  }

  dial(link: LinkId, address: Address): void {
    this.#effects.push({ type: 'dial', link, address })
  }

  sendToClient(client: ClientId, command: ServerCommand): void {
    this.#effects.push({
      type: 'send-to-client',
      client,
      command: 'info' in command ? withVisibleInfo(command) : command,
    })
  }

  report(event: ServerEvent): void {
    this.#effects.push({ type: 'report', event })
  }

  take(): readonly ServerEffect[] {
    if (this.#effects.length === 0) return nothing
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}

const nothing: readonly ServerEffect[] = []

/** The text may repeat what an unauthenticated peer sent, and is read on terminals. */
function withVisibleInfo<Command extends { readonly info?: string }>(command: Command): Command {
  const { info } = command
  return info === undefined ? command : { ...command, info: visibleText(info) }
}
