/** The first thing that a server does: it looks for a network that it belongs to, or founds one. */
import type { Log } from './log/log.js'
import type { ServerOptions } from './options.js'
import type { Outbox } from './outbox.js'
import type { Deadpool } from './tree/deadpool.js'
import type { Founding } from './tree/founding.js'
import type { ParentSearch } from './tree/parent-search.js'
import type { Turn } from './turn.js'

export interface StartNeeds {
  readonly options: Pick<ServerOptions, 'remote' | 'contacts'>
  readonly log: Pick<Log, 'last'>
  readonly deadpool: Pick<Deadpool, 'candidates' | 'hasRemembered' | 'forgetRemembered'>
  readonly search: Pick<ParentSearch, 'begin'>
  readonly founding: Pick<Founding, 'found'>
  readonly turn: Pick<Turn, 'begin'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class Start {
  readonly #needs: StartNeeds

  constructor(needs: StartNeeds) {
    this.#needs = needs
  }

  begin(): void {
    const { options, log, deadpool, search, founding, turn, outbox } = this.#needs
    turn.begin()
    // A server that has been in a network looks for it, even if it founded it: others may have continued without it.
    const known = deadpool.candidates().length
    const hasNetwork = options.remote === undefined && log.last > 0 && known > 0
    if (hasNetwork) outbox.report({ event: 'asking-remembered', count: known, named: undefined })
    if (hasNetwork || options.remote !== undefined) return search.begin({ left: undefined })
    // Not even as a root that looks for others: two networks must not become one since their servers met in the past.
    if (deadpool.hasRemembered) {
      outbox.report({ event: 'remembered-left-alone', count: options.contacts.length })
      deadpool.forgetRemembered()
    }
    founding.found({ isCertainlyAlone: true })
  }
}
