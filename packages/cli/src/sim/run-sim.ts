/** `jwp sim`: worlds of real cores on simulated time, with progress. */
import { writeFileSync } from 'node:fs'
import { runSimulation, type FaultMix } from '@jwp/simulator'
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from '../run/end-request.js'
import { openLiveRegion } from '../terminal/live-region.js'
import { paletteFor } from '../terminal/palette.js'
import { grouped } from '../terminal/readable-numbers.js'

export interface SimSettings {
  readonly firstSeed: number
  readonly seeds: number
  readonly faults: FaultMix
  readonly trace: boolean
  readonly shrink: boolean
  readonly json: boolean
}

/** A first Ctrl-C ends the run with an account of what was run until then. */
export async function runSim(settings: SimSettings): Promise<void> {
  const ending = new AbortController()
  const requests = endRequests(() => ending.abort())
  // Progress goes to stderr, so that a trace or a report can be piped on.
  const progress = await openLiveRegion(process.stderr)
  const palette = paletteFor(process.stderr, process.env)
  const isShown = progress.isLive && settings.seeds > 1
  let shownMs = 0
  const outcome = await runSimulation({
    ...settings,
    signal: ending.signal,
    ...(settings.shrink && !settings.json && { keepTranscript }),
    ...(isShown && { write: (line: string) => progress.say(line, process.stdout) }),
    onProgress({ done, of, failed }) {
      if (!isShown || performance.now() - shownMs < progressEveryMs) return
      shownMs = performance.now()
      const broken = failed > 0 ? palette('red', ` · ${grouped(failed)} with broken promises`) : ''
      progress.show([`${palette('dim', `world ${grouped(done)} of ${grouped(of)}`)}${broken}`])
    },
  })
  progress.end('clear')
  requests.ignore()
  process.exitCode = outcome.exitCode === 0 ? exitCodes.ok : exitCodes.failed
}

const progressEveryMs = 200

/** The folder where the command was given: the story of a shrunk world is to be read and kept. */
function keepTranscript(seed: number, lines: readonly string[]): void {
  const file = `jwp-sim-${seed}.txt`
  writeFileSync(file, `${lines.join('\n')}\n`)
  process.stderr.write(`what happened in it: ${file}\n`)
}
