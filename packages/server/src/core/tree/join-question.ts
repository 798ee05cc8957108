/** AUTHENTICATE, the question of a server that looks for a parent, or of a root that looks for a senior one. */
import type { Address, ServerMessageOf } from '@jwp/protocol'
import type { Log } from '../log/log.js'
import type { Self } from '../self.js'
import type { Children } from './children.js'
import type { RoleKeeper } from './role.js'

export interface JoinQuestionNeeds {
  readonly self: Pick<Self, 'id' | 'address'>
  readonly log: Pick<Log, 'lineage' | 'base' | 'last'>
  readonly children: Pick<Children, 'treeSize'>
  readonly role: Pick<RoleKeeper, 'rootSinceMs'>
}

export class JoinQuestion {
  readonly #needs: JoinQuestionNeeds

  constructor(needs: JoinQuestionNeeds) {
    this.#needs = needs
  }

  /**
   * @param kind.dry "would you take me?": nothing changes
   * @param kind.root we are a root and bring our tree
   */
  to(
    { secret }: Address,
    kind: { readonly dry: boolean; readonly root: boolean },
  ): ServerMessageOf<'AUTHENTICATE'> {
    const { self, log, children, role } = this.#needs
    return {
      type: 'AUTHENTICATE',
      secret,
      mysecret: self.address.secret,
      name: self.address.name,
      hostname: self.address.host,
      port: self.address.port,
      id: self.id,
      lineage: log.lineage,
      base: log.base,
      length: log.last,
      size: children.treeSize(),
      sinceMs: role.rootSinceMs,
      root: kind.root,
      dry: kind.dry,
    }
  }
}
