/** `jwp tree`: once, or again and again. */
import { visibleJson } from '@jwp/protocol'
import { asServer, type TlsIdentity } from '@jwp/lines'
import { setTimeout as sleep } from 'node:timers/promises'
import { endRequests } from '../run/end-request.js'
import { openLiveRegion } from '../terminal/live-region.js'
import { paletteFor } from '../terminal/palette.js'
import { drawNetwork } from './draw-network.js'
import type { NetworkView } from './network-view.js'
import { StatusLines } from './status-lines.js'
import { startingPoints } from './starting-points.js'
import { walkNetwork, type AskStatus, type WalkResult } from './walk-network.js'

export interface TreeSettings {
  /** `host:port` or a port of this machine; undefined: look into the keyring. */
  readonly address: string | undefined
  readonly secret: string | undefined
  readonly watch: boolean
  readonly json: boolean
  /** Undefined: plain. */
  readonly tls?: TlsIdentity | undefined
}

const watchEveryMs = 250

/** @throws CliFailure when no server can be asked (when watching: at the start only). */
export async function runTree(settings: TreeSettings): Promise<void> {
  const lines = new StatusLines(settings.tls && asServer(settings.tls))
  try {
    const first = await walkNetwork(startingPoints(settings), lines.ask)
    if (first.servers.length === 0) throw first.failures[0]
    if (settings.watch) await watch(first, settings, lines.ask)
    else print(first, settings)
  } finally {
    lines.close()
  }
}

async function watch(first: WalkResult, settings: TreeSettings, ask: AskStatus): Promise<void> {
  const ending = new AbortController()
  const requests = endRequests(() => ending.abort())
  const region = await openLiveRegion(process.stdout)
  const isRedrawn = region.isLive && !settings.json
  let shown = ''
  let start = first.answered
  for (let view = first; !ending.signal.aborted; view = await walkNetwork(start, ask)) {
    // All servers that were seen are asked next time: the first one may be the one that dies.
    if (view.answered.length > 0) start = view.answered
    const lines = linesOf(view, settings)
    const text = lines.join('\n')
    if (isRedrawn) region.show(lines)
    else if (text !== shown) process.stdout.write(`${text}\n`)
    shown = text
    await sleep(watchEveryMs, undefined, { signal: ending.signal }).catch(() => undefined)
  }
  region.end()
  requests.ignore()
}

function print(view: NetworkView, settings: TreeSettings): void {
  process.stdout.write(`${linesOf(view, settings).join('\n')}\n`)
}

function linesOf(view: NetworkView, settings: TreeSettings): string[] {
  if (settings.json)
    return [visibleJson(JSON.stringify(withoutSecrets({ servers: view.servers, silent: view.silent })))]
  return drawNetwork(view, paletteFor(process.stdout, process.env))
}

/** What is printed ends in logs and chats. */
function withoutSecrets(view: NetworkView): unknown {
  return JSON.parse(JSON.stringify(view, (key, value: unknown) => (key === 'secret' ? undefined : value)))
}
