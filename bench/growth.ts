/**
 * What a network costs as it grows, in the simulator: `npm run bench -- growth [--servers 10,100,1000,10000] [--json]`.
 * The times are invented, so one run says it all; with 10,000 servers it takes some minutes.
 */
import { measureChurn, measureGrowth, type ChurnFigures, type GrowthFigures } from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'

const sizes = [10, 100, 1_000, 10_000]
const churns = [
  { servers: 100, maxChildren: [2, 3, 8] },
  { servers: 1_000, maxChildren: [2, 3, 8] },
]
const churnEvents = 1_000

export interface Growth {
  readonly growth: readonly GrowthFigures[]
  readonly churn: readonly ChurnFigures[]
}

export function runGrowth(argv: readonly string[]): void {
  const asked = argv[argv.indexOf('--servers') + 1]
  const chosen = argv.includes('--servers') && asked !== undefined ? asked.split(',').map(Number) : sizes
  if (chosen.some((servers) => !Number.isSafeInteger(servers) || servers < 2)) {
    process.stderr.write('usage: npm run bench -- growth [--servers 10,100,1000,10000] [--json]\n')
    process.exit(2)
  }
  const say = (what: string): void => void process.stderr.write(`${what}…\n`)
  const growth = chosen.map((servers) =>
    measureGrowth(
      servers,
      [
        { perLatency: 0.01, forMs: 20_000 },
        { perLatency: 2, forMs: servers > 1_000 ? 500 : 2_000 },
        ...(servers > 1_000 ? [] : [{ perLatency: 20, forMs: 1_000 }]),
      ],
      nodePlatform,
      say,
    ),
  )
  const churn = churns
    .filter(({ servers }) => chosen.includes(servers))
    .flatMap(({ servers, maxChildren }) =>
      maxChildren.map((most) => {
        say(`${servers} servers of at most ${most} children, ${churnEvents} crashes and joins`)
        return measureChurn(servers, most, churnEvents, nodePlatform)
      }),
    )
  process.stdout.write(
    argv.includes('--json') ? `${JSON.stringify({ growth, churn }, null, 2)}\n` : draw({ growth, churn }),
  )
}

function draw({ growth, churn }: Growth): string {
  const rows: [string, (figures: GrowthFigures) => string][] = [
    ['depth', ({ depth }) => String(depth)],
    ...mostLoads(growth).flatMap(({ perLatency }, k): [string, (figures: GrowthFigures) => string][] => [
      [
        `link messages per activity, ${perLatency} per L`,
        ({ loads }) => round(loads[k]?.messagesPerActivity),
      ],
      ['  of these for order', ({ loads }) => round(loads[k]?.orderPerActivity)],
      ['  of these for stability', ({ loads }) => round(loads[k]?.stabilityPerActivity)],
      ['  client to client, median, in L', ({ loads }) => round(loads[k]?.latencyMedian)],
      ['  client to client, p99, in L', ({ loads }) => round(loads[k]?.latencyP99)],
    ]),
    ['healing after an inner crash, in L', ({ innerCrashHealing }) => round(innerCrashHealing)],
    ["healing after the root's crash, in L", ({ rootCrashHealing }) => round(rootCrashHealing)],
    ['state per server, median, bytes', ({ stateMedianBytes }) => String(stateMedianBytes)],
    ['state per server, most, bytes', ({ stateMaxBytes }) => String(stateMaxBytes)],
  ]
  const cells = [
    ['servers', ...growth.map(({ servers }) => String(servers))],
    ...rows.map(([what, cell]) => [what, ...growth.map(cell)]),
  ]
  const table = cells.map(
    ([what = '', ...values]) => what.padEnd(46) + values.map((v) => v.padStart(10)).join(''),
  )
  const shapes = churn.map(
    ({ servers, maxChildren, events, introduced, depthBefore, depthAfter, depthAtBest }) =>
      `${servers} servers of at most ${maxChildren} children: depth ${depthBefore} (at best ${depthAtBest}), after ${events} crashes and joins ${depthAfter}; started again, since they knew nobody alive: ${introduced}`,
  )
  return `${[...table, '', ...shapes].join('\n')}\n`
}

/** The largest sizes leave out the heaviest load. */
function mostLoads(growth: readonly GrowthFigures[]): GrowthFigures['loads'] {
  return growth.reduce<GrowthFigures['loads']>(
    (most, { loads }) => (loads.length > most.length ? loads : most),
    [],
  )
}

function round(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-'
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
