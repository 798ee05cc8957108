/** What a chaos run has found, and how it is shown. */
import { visibleText } from '@jwp/protocol'
import { isFlawless, type AuditResult } from '../demo/delivery-audit.js'
import type { Palette } from '../terminal/palette.js'
import { counted, grouped } from '../terminal/readable-numbers.js'
import { textColumns, type Cell } from '../terminal/text-columns.js'
import type { HealingFigure } from './healing-times.js'

export interface RoundReport {
  /** When it began, counted from the first message. */
  readonly atMs: number
  readonly faults: readonly string[]
  /** Did not strike, and why. */
  readonly spared: readonly string[]
  /** From the first fault until one whole tree was seen after the last; undefined: not within the limit. */
  readonly wholeAfterMs: number | undefined
  /**
   * Longest time without a message that a client saw; clients of a server that was struck are counted separately.
   * Undefined: there was no such client.
   */
  readonly longestSilenceMs: number | undefined
  readonly longestSilenceOfStruckMs: number | undefined
  /** Why one order was not promised; undefined: it was. */
  readonly orderFreeSince: string | undefined
}

export interface PauseFigures {
  /** Pauses too short to be noticed, struck alone; and other servers that moved in spite of that. */
  readonly short: number
  readonly movesInShort: number
  /** Longer, struck alone; and other servers that lost their parent after the paused one had woken up. */
  readonly long: number
  readonly movesAfterLong: number
}

export interface ChaosReport {
  readonly seed: number
  readonly servers: number
  readonly clients: number
  readonly perSecond: number
  readonly data: boolean
  /** False: all processes share one address, and a cut stops only what others have opened to a server. */
  readonly cutsKnowSpeakers: boolean
  /** From the first message to the end of the last round. */
  readonly faultsMs: number
  readonly struck: number
  readonly rounds: readonly RoundReport[]
  readonly audit: AuditResult
  /** Messages without a promised order: sent while parts of the network were partitioned for too long. */
  readonly withoutOrder: number
  /** Messages that were reported to clients as no longer kept. */
  readonly missed: number
  readonly healing: readonly HealingFigure[]
  readonly pauses: PauseFigures
  /** Processes that ended unexpectedly. */
  readonly unexpectedEnds: readonly string[]
  /** Servers that found that they had stood still, although they were not paused: a busy machine. */
  readonly stalls: { readonly count: number; readonly longestMs: number }
  /** Where logs and deliveries are kept after a broken promise, relative to the current folder. */
  readonly keptIn?: string
}

/** In words; empty: every promise held. */
export function brokenPromises(report: ChaosReport): string[] {
  const { audit, rounds, pauses } = report
  const broken: string[] = []
  const tell = (count: number, words: string): void => {
    if (count > 0) broken.push(`${grouped(count)} ${words}`)
  }
  tell(audit.lost, 'lost')
  tell(audit.twice, 'twice')
  tell(audit.outOfOrder, 'out of order')
  tell(audit.unacknowledged, 'never acknowledged')
  tell(report.missed, 'missed, though younger than the retention')
  tell(
    rounds.filter(({ wholeAfterMs }) => wholeAfterMs === undefined).length,
    'times not one tree again in time',
  )
  tell(pauses.movesInShort, 'moved for a pause that should go unnoticed')
  tell(pauses.movesAfterLong, 'lost their parent after a paused server woke up')
  for (const end of report.unexpectedEnds) broken.push(`${end} ended unexpectedly`)
  return broken
}

export const heldItsPromises = (report: ChaosReport): boolean =>
  isFlawless(report.audit) && brokenPromises(report).length === 0

export function drawChaosReport(report: ChaosReport, palette: Palette): string[] {
  return [
    palette('bold', 'healing, by fault, where only one occurred'),
    ...textColumns([healingHeader, ...report.healing.map(healingRow)], palette),
    '',
    palette('bold', `${grouped(report.audit.sent)} messages, each due at ${report.clients} clients`),
    ...textColumns(figureRows(report), palette),
    '',
    ...report.audit.examples.map((example) => palette('red', visibleText(example))),
    ...notes(report).map((note) => palette('dim', note)),
    verdict(report, palette),
    ...(report.keptIn === undefined ? [] : [`Logs and deliveries are kept in ${report.keptIn}`]),
  ]
}

const healingHeader: Cell[] = ['fault', 'times', 'silence median', 'p99', 'whole again median', 'p99'].map(
  (text, at) => ({ text, style: 'dim', align: at === 0 ? 'left' : 'right' }),
)

const healingRow = (figure: HealingFigure): Cell[] => [
  { text: figure.fault },
  { text: grouped(figure.times), align: 'right' },
  ...[figure.silenceMs.median, figure.silenceMs.p99, figure.wholeMs.median, figure.wholeMs.p99].map(
    (value): Cell => ({ text: milliseconds(value), align: 'right' }),
  ),
]

function figureRows({ audit, pauses, missed }: ChaosReport): Cell[][] {
  const judged = (text: string, value: number): Cell[] => [
    { text },
    { text: grouped(value), align: 'right', style: value > 0 ? 'red' : 'green' },
  ]
  return [
    [{ text: 'acknowledged' }, { text: grouped(audit.acknowledged), align: 'right' }],
    [{ text: 'delivered' }, { text: grouped(audit.delivered), align: 'right' }],
    judged('lost', audit.lost),
    judged('twice', audit.twice),
    judged('out of order', audit.outOfOrder),
    judged('not acknowledged', audit.unacknowledged),
    judged('missed', missed),
    judged(`moves of others in ${counted(pauses.short, 'short pause')}`, pauses.movesInShort),
    judged(`and after ${counted(pauses.long, 'longer one')} had ended`, pauses.movesAfterLong),
  ]
}

function notes(report: ChaosReport): string[] {
  const free = report.rounds.filter(({ orderFreeSince }) => orderFreeSince !== undefined).length
  return [
    ...(free > 0
      ? [
          `In ${counted(free, 'round')} living servers were partitioned for longer than one order is promised for: ` +
            `${counted(report.withoutOrder, 'message')} judged for loss, doubles and their sender's order only.`,
        ]
      : []),
    ...(report.stalls.count > 0
      ? [
          `Servers stood still ${counted(report.stalls.count, 'time')} although they were not paused, for ` +
            `${milliseconds(report.stalls.longestMs)} at most: the machine was busy.`,
        ]
      : []),
  ]
}

function verdict(report: ChaosReport, palette: Palette): string {
  const lasted = `${(report.faultsMs / 1_000).toFixed(0)} s, ${counted(report.struck, 'fault')}, seed ${report.seed}`
  const broken = brokenPromises(report)
  return broken.length === 0
    ? palette('green', `Every promise held. (${lasted})`)
    : palette('red', `Broken: ${visibleText(broken.join('; '))}. (${lasted})`)
}

const milliseconds = (value: number) => `${grouped(Math.round(value))} ms`
