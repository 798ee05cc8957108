/**
 * What servers tell each other of their clients, in the simulator, in messages of the whole network per second:
 * `npm run bench -- announcements [--servers 10,100,1000] [--json]`. The times are invented, so one run says it all.
 */
import { measureAnnouncements, type AnnouncementFigures } from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'

const sizes = [10, 100, 1_000]
/** Clients that come, and as many that go, per second in the whole network; and per server. */
const rates: readonly ((servers: number) => number)[] = [() => 0, () => 10, (servers) => servers / 10]

export function runAnnouncements(argv: readonly string[]): void {
  const asked = argv[argv.indexOf('--servers') + 1]
  const chosen = argv.includes('--servers') && asked !== undefined ? asked.split(',').map(Number) : sizes
  if (chosen.some((servers) => !Number.isSafeInteger(servers) || servers < 2)) {
    process.stderr.write('usage: npm run bench -- announcements [--servers 10,100,1000] [--json]\n')
    process.exit(2)
  }
  const figures = chosen.flatMap((servers) =>
    [...new Set(rates.map((rate) => rate(servers)))].map((comePerSecond) => {
      process.stderr.write(`${servers} servers, ${comePerSecond} clients come and go per second…\n`)
      return measureAnnouncements(servers, comePerSecond, nodePlatform)
    }),
  )
  process.stdout.write(argv.includes('--json') ? `${JSON.stringify(figures, null, 2)}\n` : draw(figures))
}

function draw(figures: readonly AnnouncementFigures[]): string {
  const types = Object.keys(figures[0]!.perSecond) as (keyof AnnouncementFigures['perSecond'])[]
  const lines = [
    ['servers', 'clients', 'come and go', ...types, 'per server', 'clients of one'],
    ...figures.map(({ servers, clients, comePerSecond, perSecond, mostClients, leastClients }) => [
      String(servers),
      String(clients),
      String(comePerSecond),
      ...types.map((type) => perSecond[type].toFixed(1)),
      (types.reduce((sum, type) => sum + perSecond[type], 0) / servers).toFixed(2),
      `${leastClients} to ${mostClients}`,
    ]),
  ]
  return `${lines.map((cells) => cells.map((cell) => cell.padStart(15)).join('')).join('\n')}\n`
}
