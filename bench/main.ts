/**
 * The figures of JWP, each with its spread: `npm run bench [healing|silent-cut|fan-out|latency|clock|data …] [--rounds N] [--json]`.
 * And in the simulator: `npm run bench -- growth`, what a network costs as it grows; `npm run bench -- announcements`, what
 * servers tell each other of their clients.
 * Figures, never verdicts: nothing here passes or fails.
 */
import { cpus } from 'node:os'
import { runAnnouncements } from './announcements.js'
import { measureClock } from './clock.js'
import { measureData } from './data.js'
import { measureFanOut } from './fan-out.js'
import { runGrowth } from './growth.js'
import { measureHealing } from './healing.js'
import { measureLatency } from './latency.js'
import { measureSilentCut } from './silent-cut.js'
import { drawSpreads, type Spread } from './spread.js'

const benches: Readonly<Record<string, (rounds: number) => Promise<Spread[]>>> = {
  healing: measureHealing,
  'silent-cut': measureSilentCut,
  'fan-out': measureFanOut,
  latency: measureLatency,
  clock: measureClock,
  data: measureData,
}

const argv = process.argv.slice(2)
// Not a figure with a spread, but a table, of invented time.
if (argv[0] === 'growth') {
  runGrowth(argv.slice(1))
  process.exit(0)
}
if (argv[0] === 'announcements') {
  runAnnouncements(argv.slice(1))
  process.exit(0)
}
const json = argv.includes('--json')
const roundsAt = argv.indexOf('--rounds')
const rounds = roundsAt === -1 ? 5 : Number(argv[roundsAt + 1])
const named = argv.filter((word, i) => !word.startsWith('--') && i !== roundsAt + 1)
const unknown = named.filter((name) => benches[name] === undefined)
if (unknown.length > 0 || !Number.isSafeInteger(rounds) || rounds < 1) {
  process.stderr.write(`usage: npm run bench -- [${Object.keys(benches).join('|')}] [--rounds N] [--json]\n`)
  process.exit(2)
}

const figures: Spread[] = []
for (const name of named.length > 0 ? named : Object.keys(benches)) {
  if (!json) process.stderr.write(`${name}, ${rounds} runs…\n`)
  figures.push(...(await benches[name]!(rounds)))
}
const machine = `${cpus().length} processors, Node ${process.versions.node}`
process.stdout.write(
  json ? `${JSON.stringify({ machine, figures }, null, 2)}\n` : `${machine}\n${drawSpreads(figures)}\n`,
)
process.exit(0)
