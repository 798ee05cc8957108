/**
 * The table of presence is a function of the log: whatever a server went through (cuts, snapshots, its disk), at every
 * place of its log it holds what that log tells from its beginning on. And it takes no more than that needs.
 */
import type { HomeRow, PresenceTable, PublisherId } from '@jwp/protocol'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { LogShadow } from './log-shadow.js'
import { PresenceModel } from './presence-model.js'
import { hasUsers } from '../plan/has-users.js'
import type { Accuse } from './violation.js'

const lookEveryMs = 450

interface Row {
  readonly cursor: number
  readonly windows: readonly (readonly [number, number])[]
  readonly connections: readonly (readonly [string, number, number])[]
  /** On its way from there. */
  readonly from: string | undefined
}

export class PresenceTables {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #accuse: Accuse
  /** Tables that were compared. */
  compared = 0

  constructor(world: () => World, shadow: LogShadow, accuse: Accuse) {
    this.#world = world
    this.#shadow = shadow
    this.#accuse = accuse
  }

  watch(): void {
    if (!hasUsers(this.#world().plan)) return
    this.#world().queue.after(lookEveryMs, () => {
      this.judge()
      this.watch()
    })
  }

  judge(): void {
    if (!hasUsers(this.#world().plan)) return
    for (const server of this.#world().alive()) if (server.state === 'running') this.#judge(server)
  }

  #judge(server: ServerProcess): void {
    const { applied, presence, presenceSteps, lastIndex } = server.core.inspect()
    const log = this.#shadow.of(server)
    // Not in the middle of its turn: the book-keeping lags behind then.
    if (log.entries.length !== lastIndex || log.applied !== applied) return
    this.compared++
    const { first } = server.core.status().log
    if (presenceSteps > applied - first + 1)
      this.#accuse('memory is bounded', `${server.id} keeps ${presenceSteps} steps of presence`)
    const model = new PresenceModel(log, applied)
    const told = rowsOf(presence())
    const expected = expectedRows(model)
    for (const name of new Set([...told.keys(), ...expected.keys()])) {
      const [is, should] = [JSON.stringify(told.get(name)), JSON.stringify(expected.get(name))]
      if (is !== should)
        this.#accuse(
          'presence is what the log tells',
          `${server.id} at ${applied}: ${name} is ${is}, not ${should}`,
        )
    }
  }
}

/** As it counts: where each connection is, and the windows that matter yet. */
function rowsOf({ users, homes }: PresenceTable): Map<string, Row> {
  const said = new Map<PublisherId, HomeRow>(homes)
  const rows = new Map<string, Row>()
  for (const [name, { cursor, windows, connections, moving }] of users)
    rows.set(name, {
      cursor,
      windows: windows.map(([after, upTo]) => [after, upTo] as const),
      connections: connections
        .map(([home, number, from]) => [home, number, positionIn(said.get(home), number, from)] as const)
        .sort(byHome),
      from: moving?.join(' '),
    })
  return rows
}

function positionIn(said: HomeRow | undefined, number: number, from: number): number {
  if (said === undefined || number > said.covers) return from
  return Math.max(from, said.behind.find(([its]) => its === number)?.[1] ?? said.delivered)
}

function expectedRows(model: PresenceModel): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const [name, { cursor, windows, connections, onTheWayFrom }] of model.users)
    rows.set(name, {
      cursor,
      windows: windows
        .filter(({ upTo }) => upTo > cursor)
        .map(({ after, upTo }) => [after, upTo === Infinity ? 0 : upTo] as const),
      connections: connections
        .map((connection) => [connection.home, connection.number, model.positionOf(connection)] as const)
        .sort(byHome),
      from: onTheWayFrom,
    })
  return rows
}

function byHome(
  [a, m]: readonly [string, number, number],
  [b, n]: readonly [string, number, number],
): number {
  return a < b ? -1 : a > b ? 1 : m - n
}
