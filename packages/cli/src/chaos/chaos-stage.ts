/** How chaos is shown: a live picture on a terminal, plain lines in a pipe, silence with `--json`. */
import { visibleJson } from '@jwp/protocol'
import type { AudienceMember } from '../demo/audience-member.js'
import { trafficLine } from '../demo/demo-stage.js'
import { keepDrawing } from '../terminal/keep-drawing.js'
import { openLiveRegion } from '../terminal/live-region.js'
import { paletteFor } from '../terminal/palette.js'
import { drawNetwork } from '../tree/draw-network.js'
import {
  brokenPromises,
  drawChaosReport,
  heldItsPromises,
  type ChaosReport,
  type RoundReport,
} from './chaos-report.js'
import { describeFault } from './describe-fault.js'
import type { Schedule } from './draw-schedule.js'
import type { FleetWatch } from './fleet-watch.js'

export interface ChaosStage {
  say(line: string): void
  schedule(schedule: Schedule, seed: number): void
  round(report: RoundReport): void
  /** From now on a live picture stands below everything else, if there is a terminal. */
  watch(watch: FleetWatch, audience: readonly AudienceMember[]): void
  report(report: ChaosReport): void
  close(): void
}

const redrawEveryMs = 200

export async function openChaosStage(json: boolean): Promise<ChaosStage> {
  return json ? jsonStage() : await visibleStage()
}

function jsonStage(): ChaosStage {
  const ignore = (): void => undefined
  return {
    say: ignore,
    schedule: ignore,
    round: ignore,
    watch: ignore,
    close: ignore,
    report: (report) =>
      void process.stdout.write(
        `${visibleJson(JSON.stringify({ ok: heldItsPromises(report), broken: brokenPromises(report), ...report }))}\n`,
      ),
  }
}

async function visibleStage(): Promise<ChaosStage> {
  const palette = paletteFor(process.stdout, process.env)
  const region = await openLiveRegion(process.stdout)
  const startedMs = performance.now()
  let drawing: NodeJS.Timeout | undefined
  let isOver = false
  const time = (ms: number): string => palette('dim', `${(ms / 1_000).toFixed(1).padStart(6)} s`)
  const say = (line: string): void => {
    if (!isOver) region.say(`${time(performance.now() - startedMs)}  ${line}`)
  }
  const stop = (): void => {
    isOver = true
    clearInterval(drawing)
    region.end('clear')
  }
  return {
    say,
    schedule({ names, parents, rounds }, seed) {
      const tree = names
        .map((name, at) => (parents[at] === undefined ? name : `${name}<${names[parents[at]]}`))
        .join(' ')
      region.say(palette('bold', `seed ${seed}: tree ${tree}, ${rounds.length} rounds of faults`))
      for (const { atMs, strikes } of rounds) {
        const faults = strikes.map(
          ({ afterMs, fault }) => (afterMs > 0 ? `+${afterMs} ms ` : '') + describeFault(fault),
        )
        region.say(`  ${time(atMs)}  ${faults.join('; ')}`)
      }
    },
    round({ wholeAfterMs, longestSilenceMs, longestSilenceOfStruckMs, orderFreeSince }) {
      const silence = `longest silence ${silenceWords(longestSilenceMs)} (at struck servers ${silenceWords(longestSilenceOfStruckMs)})`
      say(
        wholeAfterMs === undefined
          ? palette('red', 'the tree has not become whole again')
          : `  whole after ${Math.round(wholeAfterMs)} ms, ${silence}` +
              (orderFreeSince === undefined
                ? ''
                : palette('dim', `; one order not judged: ${orderFreeSince}`)),
      )
    },
    watch(watch, audience) {
      if (!region.isLive) return
      drawing = keepDrawing(
        redrawEveryMs,
        () => watch.look(),
        (view) => region.show(['', ...drawNetwork(view, palette), '', trafficLine(audience)]),
      )
    },
    report(report) {
      stop()
      for (const line of ['', ...drawChaosReport(report, palette)]) process.stdout.write(`${line}\n`)
    },
    close: stop,
  }
}

const silenceWords = (ms: number | undefined) => (ms === undefined ? '-' : `${Math.round(ms)} ms`)
