/** Draws what a walk has seen as a tree, one line per server. */
import { visibleText, type ServerStatus } from '@jwp/protocol'
import type { Palette, Style } from '../terminal/palette.js'
import { counted, grouped } from '../terminal/readable-numbers.js'
import { textColumns, type Cell } from '../terminal/text-columns.js'
import { healthOf } from './server-health.js'
import { forestOf, type NetworkView, type SilentServer, type TreeNode } from './network-view.js'

/** A summary line, then the trees: roots first, servers without a place last. */
export function drawNetwork(view: NetworkView, palette: Palette): string[] {
  const forest = forestOf(view)
  const showNames = view.servers.some((status) => !isDefaultName(status))
  const areMixed = new Set(view.servers.map(versionOf)).size > 1
  const rows: Cell[][] = []
  for (const top of forest.tops) addNode(rows, top, '', '', { showNames, areMixed })
  for (const silent of forest.silent) rows.push(silentRow(silent, '', showNames))
  return [palette('bold', visibleText(summary(view))), ...textColumns(rows, palette)]
}

interface Shown {
  readonly showNames: boolean
  /** Not all are of one version: each line tells its own. */
  readonly areMixed: boolean
}

function addNode(rows: Cell[][], node: TreeNode, branch: string, indent: string, show: Shown): void {
  rows.push(serverRow(node.status, branch, show))
  const count = node.children.length + node.silentChildren.length
  for (const [at, child] of node.children.entries()) {
    const isLast = at === count - 1
    addNode(rows, child, indent + (isLast ? '└─ ' : '├─ '), indent + (isLast ? '   ' : '│  '), show)
  }
  for (const [at, silent] of node.silentChildren.entries()) {
    const isLast = node.children.length + at === count - 1
    rows.push(silentRow(silent, indent + (isLast ? '└─ ' : '├─ '), show.showNames))
  }
}

function serverRow(status: ServerStatus, branch: string, { showNames, areMixed }: Shown): Cell[] {
  const endpoint = `${status.hostname}:${status.port}`
  const health = healthOf(status)
  return [
    {
      text: branch + (showNames ? nameOf(status) : endpoint),
      style: status.role === 'root' ? 'bold' : undefined,
    },
    ...(showNames ? [{ text: endpoint }] : []),
    { text: status.role, style: roleStyle[status.role] },
    { text: clientsOf(status), align: 'right' },
    { text: `log ${grouped(status.log.applied)}`, align: 'right', style: 'dim' },
    ...(areMixed ? [{ text: versionOf(status), style: 'yellow' as const }] : []),
    { text: health.text, style: health.style },
  ]
}

/** Of software and protocol: `jwp 0.1.0, protocol 1`. */
function versionOf({ version, protocol: [oldest, newest] }: ServerStatus): string {
  return `jwp ${version}, protocol ${oldest === newest ? newest : `${oldest}–${newest}`}`
}

/** With the limit of a server that has one: `5/5 clients`. */
function clientsOf({ clients, maxClients }: ServerStatus): string {
  return maxClients === undefined ? counted(clients, 'client') : `${clients}/${maxClients} clients`
}

function silentRow(silent: SilentServer, branch: string, showNames: boolean): Cell[] {
  const endpoint = `${silent.endpoint.hostname}:${silent.endpoint.port}`
  const place: Cell[] = showNames
    ? [{ text: `${branch}?` }, { text: endpoint }]
    : [{ text: branch + endpoint }]
  return [
    ...place,
    { text: 'silent', style: 'red' },
    { text: '' },
    { text: '' },
    { text: silent.reason, style: 'red' },
  ]
}

function summary(view: NetworkView): string {
  const roots = view.servers.filter((status) => status.role === 'root')
  const clients = view.servers.reduce((sum, status) => sum + status.clients, 0)
  const parts = [counted(view.servers.length, 'server'), counted(clients, 'client')]
  if (view.silent.length > 0) parts.push(`${view.silent.length} silent`)
  if (roots.length === 0) parts.push('no root')
  if (roots.length > 1) parts.push(`${roots.length} separate trees`)
  if (roots.length === 1) {
    const { clock, epoch } = roots[0]!
    parts.push(`epoch ${epoch === undefined ? '–' : Number.parseInt(epoch, 10)}`)
    parts.push(clock.mode === 'hybrid' ? 'no clock: hybrid time' : `clock ${clock.host}:${clock.port}`)
  }
  const versions = new Set(view.servers.map(versionOf))
  if (versions.size === 1) parts.push(...versions)
  return parts.join(' · ')
}

const roleStyle: Record<ServerStatus['role'], Style | undefined> = {
  root: 'cyan',
  child: undefined,
  orphan: 'yellow',
}

const isDefaultName = (status: ServerStatus) => status.name === `${status.hostname}:${status.port}`
const nameOf = (status: ServerStatus) => (isDefaultName(status) ? '-' : status.name)
