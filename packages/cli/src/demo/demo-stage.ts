/** How the demo is shown: a live picture on a terminal, plain lines in a pipe, silence with `--json`. */
import { visibleJson } from '@jwp/protocol'
import type { NetworkWatch } from '../network/network-watch.js'
import { keepDrawing } from '../terminal/keep-drawing.js'
import { openLiveRegion } from '../terminal/live-region.js'
import { paletteFor } from '../terminal/palette.js'
import { grouped } from '../terminal/readable-numbers.js'
import { drawNetwork } from '../tree/draw-network.js'
import type { NetworkView } from '../tree/network-view.js'
import type { AudienceMember } from './audience-member.js'
import { drawReport, isSuccess, type DemoReport, type KillReport } from './demo-report.js'

export interface DemoStage {
  say(line: string): void
  killed(report: KillReport): void
  /** A picture that stays. */
  picture(view: NetworkView): void
  /** From now on a live picture stands below everything else, if there is a terminal. */
  watch(watch: NetworkWatch, audience: readonly AudienceMember[]): void
  report(report: DemoReport): void
  close(): void
}

/** Often enough to see a tree heal, rarely enough not to disturb what is measured. */
const redrawEveryMs = 100

export async function openDemoStage(json: boolean): Promise<DemoStage> {
  return json ? jsonStage() : await visibleStage()
}

function jsonStage(): DemoStage {
  const ignore = (): void => undefined
  return {
    say: ignore,
    killed: ignore,
    picture: ignore,
    watch: ignore,
    close: ignore,
    report: (report) =>
      void process.stdout.write(`${visibleJson(JSON.stringify({ ok: isSuccess(report), ...report }))}\n`),
  }
}

async function visibleStage(): Promise<DemoStage> {
  const palette = paletteFor(process.stdout, process.env)
  const region = await openLiveRegion(process.stdout)
  let drawing: NodeJS.Timeout | undefined
  const startedMs = performance.now()
  const time = (): string =>
    palette('dim', `${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(4)} s`)
  let isOver = false
  const write = (line: string): void => {
    if (!isOver) region.say(line)
  }
  const say = (line: string): void => write(`${time()}  ${line}`)
  const stop = (): void => {
    isOver = true
    clearInterval(drawing)
    region.end('clear')
  }
  return {
    say,
    killed(report) {
      const whole = report.wholeAfterMs
      say(
        whole === undefined
          ? palette('yellow', 'the tree has not become whole again yet')
          : `one whole tree again after ${Math.round(whole)} ms; longest silence elsewhere ${Math.round(report.longestSilenceMs)} ms`,
      )
    },
    picture(view) {
      write('')
      for (const line of drawNetwork(view, palette)) write(`        ${line}`)
      write('')
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
      for (const line of ['', ...drawReport(report, palette)]) process.stdout.write(`${line}\n`)
    },
    close: stop,
  }
}

export function trafficLine(audience: readonly AudienceMember[]): string {
  const sent = audience.reduce((sum, { publisher }) => sum + publisher.notes().sent, 0)
  const waiting = audience.reduce((sum, { publisher }) => sum + publisher.unacknowledged, 0)
  const received = audience.reduce((sum, member) => sum + member.receivedCount, 0)
  return `${grouped(sent)} sent · ${grouped(sent - waiting)} acknowledged · ${grouped(received)} delivered`
}
