/** Hands each effect of the core to the piece of the shell that can do it. */
import type { ServerEffect, ServerEffectOf } from '@jwp/server/core'
import type { ClientShell } from './client-shell.js'
import type { ClockLine } from './clock-line.js'
import type { ContactsKeeper } from './contacts-file.js'
import type { DiskStore } from './disk/disk-store.js'
import type { ServerStarter } from './growth/server-starter.js'
import type { LinkShell } from './link-shell.js'
import type { SecretHashing } from './secret-hashing.js'

/** What executes the effects. */
export interface EffectHandlers {
  readonly links: LinkShell
  readonly clients: ClientShell
  readonly clock: ClockLine
  readonly hashing: SecretHashing
  readonly contacts: ContactsKeeper
  /** Undefined: the core has no disk, and stores nothing. */
  readonly disk: DiskStore | undefined
  /** Undefined: the core may not start servers. */
  readonly starter: ServerStarter | undefined
  readonly report: (effect: ServerEffectOf<'report'>) => void
  readonly end: (effect: ServerEffectOf<'stop'>) => void
}

export function execute(effect: ServerEffect, by: EffectHandlers): void {
  switch (effect.type) {
    case 'dial':
      return by.links.dial(effect)
    case 'send':
      return by.links.send(effect)
    case 'close':
      return by.links.close(effect)
    case 'ask-clock':
      return by.clock.ask(effect)
    case 'send-to-client':
      return by.clients.tell(effect)
    case 'close-client':
      return by.clients.close(effect)
    case 'deliver':
      return by.clients.deliver(effect)
    case 'pause-client':
      return by.clients.pause(effect)
    case 'resume-client':
      return by.clients.resume(effect)
    case 'hash-secret':
      return by.hashing.hash(effect)
    case 'check-secret':
      return by.hashing.check(effect)
    case 'start-server':
      return by.starter!.start(effect)
    case 'abandon-start':
      return by.starter!.abandon(effect)
    case 'remember-contacts':
      return by.contacts.remember(effect.contacts)
    case 'store':
      return by.disk!.store(effect.change)
    case 'report':
      return by.report(effect)
    case 'stop':
      return by.end(effect)
  }
}
