/** What a demo has measured, and how it is shown. */
import type { Palette } from '../terminal/palette.js'
import { textColumns, type Cell } from '../terminal/text-columns.js'
import { grouped } from '../terminal/readable-numbers.js'
import { isFlawless, type AuditResult } from './delivery-audit.js'

export interface KillReport {
  /** Name of the server that was killed. */
  readonly server: string
  readonly role: 'root' | 'inner server' | 'leaf'
  /** From SIGKILL until one whole tree of all survivors was seen; undefined: not within the limit. */
  readonly wholeAfterMs: number | undefined
  /** Longest time without a message that a client on a surviving server saw from the kill on. */
  readonly longestSilenceMs: number
  /** The same for the clients of the killed server, which had to find another one. */
  readonly longestSilenceOfMovedMs: number
  /** Longest silence in the steady second before, for comparison. */
  readonly usualSilenceMs: number
}

export interface DemoReport {
  readonly servers: number
  readonly clients: number
  readonly perSecond: number
  readonly kills: readonly KillReport[]
  readonly audit: AuditResult
  /** At the end all survivors were one tree. */
  readonly isHealed: boolean
  /** From the first process started to the verdict. */
  readonly durationMs: number
}

/**
 * All promises held: every message was acknowledged, none was lost, doubled or out of order, and the tree has healed.
 * How long anything took is measured, and not judged: that depends on what else the machine has to do.
 */
export const isSuccess = (report: DemoReport): boolean => isFlawless(report.audit) && report.isHealed

export function drawReport(report: DemoReport, palette: Palette): string[] {
  return [
    palette('bold', 'killed with SIGKILL (measured)'),
    ...textColumns([killHeader, ...report.kills.map(killRow)], palette),
    '',
    palette(
      'bold',
      `${grouped(report.audit.sent)} messages, each due at ${report.clients} clients (promised)`,
    ),
    ...textColumns(auditRows(report), palette),
    '',
    verdict(report, palette),
  ]
}

const killHeader: Cell[] = ['server', 'tree whole again', 'longest silence', 'its client', 'before kill'].map(
  (text, at) => ({ text, style: 'dim', align: at === 0 ? 'left' : 'right' }),
)

function killRow(kill: KillReport): Cell[] {
  const whole = kill.wholeAfterMs === undefined ? 'not in time' : milliseconds(kill.wholeAfterMs)
  return [
    { text: `${kill.server} (${kill.role})` },
    { text: whole, align: 'right', style: kill.wholeAfterMs === undefined ? 'yellow' : undefined },
    { text: milliseconds(kill.longestSilenceMs), align: 'right' },
    { text: milliseconds(kill.longestSilenceOfMovedMs), align: 'right' },
    { text: milliseconds(kill.usualSilenceMs), align: 'right' },
  ]
}

function auditRows({ audit, isHealed }: DemoReport): Cell[][] {
  const count = (text: string, value: number, isBad: boolean): Cell[] => [
    { text },
    { text: grouped(value), align: 'right', style: isBad ? 'red' : 'green' },
  ]
  const neutral = (text: string, value: number): Cell[] => [
    { text },
    { text: grouped(value), align: 'right' },
  ]
  return [
    neutral('acknowledged', audit.acknowledged),
    count('not acknowledged', audit.unacknowledged, audit.unacknowledged > 0),
    neutral('delivered', audit.delivered),
    count('lost', audit.lost, audit.lost > 0),
    count('twice', audit.twice, audit.twice > 0),
    count('out of order', audit.outOfOrder, audit.outOfOrder > 0),
    [
      { text: 'one tree at the end' },
      { text: isHealed ? 'yes' : 'no', align: 'right', style: isHealed ? 'green' : 'red' },
    ],
  ]
}

function verdict(report: DemoReport, palette: Palette): string {
  const seconds = (report.durationMs / 1_000).toFixed(1)
  return isSuccess(report)
    ? palette('green', `Nothing lost, nothing twice, one order everywhere. (${seconds} s)`)
    : palette('red', `A promise was broken. (${seconds} s)`)
}

const milliseconds = (value: number) => `${grouped(Math.round(value))} ms`
