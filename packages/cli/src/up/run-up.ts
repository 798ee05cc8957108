/** `jwp up`: a local network for as long as this process lives. */
import { stripVTControlCharacters } from 'node:util'
import { visibleJson, visibleText } from '@jwp/protocol'
import { defaultClockPort, defaultServerPort } from '@jwp/protocol/options'
import { asServer, type TlsIdentity } from '@jwp/lines'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { leaveLimitMs, LocalNetwork } from '../network/local-network.js'
import { levelledPlan } from '../network/network-plan.js'
import { endRequests } from '../run/end-request.js'
import { ParentWatch } from '../run/parent-watch.js'
import { keepDrawing } from '../terminal/keep-drawing.js'
import { openLiveRegion } from '../terminal/live-region.js'
import { paletteFor, type Palette, type Style } from '../terminal/palette.js'
import { counted } from '../terminal/readable-numbers.js'
import { drawNetwork } from '../tree/draw-network.js'
import { NetworkWatch } from '../network/network-watch.js'

export interface UpSettings {
  readonly count: number
  readonly clockPort: number
  readonly firstPort: number
  /** Servers that join each server. */
  readonly fanOut: number
  /** Folder that keeps what clock and servers know, each in one of its own; undefined: nothing is kept. */
  readonly data: string | undefined
  /** Further words of the command lines of all servers and of the clock. */
  readonly serverFlags: readonly string[]
  readonly clockFlags: readonly string[]
  /** Servers start others when all are full. */
  readonly autoscale: boolean
  /** The CA that the servers trust, to draw them; undefined: they do not use TLS. */
  readonly tls: TlsIdentity | undefined
  /** Where clients find the CA to trust; undefined: the servers do not use TLS. */
  readonly tlsCaFile: string | undefined
  readonly json: boolean
}

const redrawEveryMs = 250

/** @throws CliFailure when a process does not start. */
export async function runUp(settings: UpSettings): Promise<void> {
  const lastPort = settings.firstPort + settings.count - 1
  if (lastPort > 65_535 || (settings.clockPort >= settings.firstPort && settings.clockPort <= lastPort)) {
    throw new CliFailure('the clock and every server need a port of their own, 65535 at most', {
      advice: `--port-base ${defaultServerPort} --clock-port ${defaultClockPort}`,
      exitCode: exitCodes.usage,
    })
  }
  const parentWatch = settings.autoscale ? await ParentWatch.open() : undefined
  const { serverFlags, clockFlags } = settings
  const plan = {
    ...levelledPlan(settings),
    serverFlags,
    clockFlags,
    serverEnvironment: parentWatch?.environment ?? {},
  }
  const palette = paletteFor(process.stdout, process.env)
  const region = await openLiveRegion(process.stdout)
  const prefix = prefixes(['clock', ...plan.servers.map((server) => server.name)], palette)
  let died = 0
  const network = new LocalNetwork(plan, {
    onLine: (label, line) => region.say(settings.json ? visibleJson(line) : `${prefix(label)} ${told(line)}`),
    onUnexpectedEnd: (label) => {
      died += 1
      region.say(`${prefix(label)} ${palette('red', 'has ended')}`)
    },
  })
  const requests = endRequests((request) => {
    const hint = request === 'SIGINT' ? ' (Ctrl-C again ends everything at once)' : ''
    if (!settings.json) region.say(`ending in order${hint}`)
  })
  // A second Ctrl-C ends this process without further words; no child may be left behind then.
  process.once('exit', () => network.endAtOnce())

  const watch = new NetworkWatch(network, settings.tls && asServer(settings.tls))
  let drawing: NodeJS.Timeout | undefined
  try {
    const started = network.listening().then(() => 'listening' as const)
    if ((await Promise.race([started, requests.first])) === 'listening') {
      if (!settings.json) {
        region.say(`${counted(plan.servers.length, 'server')} up. Ctrl-C ends them.`)
        region.say(`Talk there, in another terminal: ${clientCommand(settings)}`)
      }
      if (region.isLive && !settings.json) {
        drawing = keepDrawing(
          redrawEveryMs,
          () => watch.look(),
          (view) => region.show(drawNetwork(view, palette)),
        )
      }
      await requests.first
    }
    started.catch(() => undefined)
  } catch (error) {
    throw inOurFlags(error, settings)
  } finally {
    clearInterval(drawing)
    watch.close()
    // They hang below ours, and have what the clock's end would leave without a place in the log.
    await parentWatch?.letGo(leaveLimitMs)
    await network.end()
    region.end('clear')
    requests.ignore()
  }
  if (died > 0) {
    throw new CliFailure(`${counted(died, 'process', 'processes')} ended unasked`, {
      exitCode: exitCodes.failed,
    })
  }
}

/** Its log can be seen already; what its libraries and Node write beside it need not be. Colours are for terminals only. */
const told = (line: string): string => visibleText(stripVTControlCharacters(line))

/** The advice of a child names its own flags, which were not typed here. */
function inOurFlags(error: unknown, settings: UpSettings): unknown {
  if (!(error instanceof CliFailure) || error.exitCode !== exitCodes.cannotListen) return error
  return new CliFailure(error.message, {
    advice: `other ports, such as --port-base ${otherPort(settings.firstPort)} --clock-port ${otherPort(settings.clockPort)}; or "jwp tree" to see what runs already`,
    exitCode: error.exitCode,
    cause: error,
  })
}

const otherPort = (port: number): number => (port + 1_000 > 65_000 ? port - 1_000 : port + 1_000)

/** What can be typed as it stands, with what TLS needs. */
function clientCommand({ firstPort, tlsCaFile }: UpSettings): string {
  const tls = tlsCaFile === undefined ? '' : ` --tls-ca ${shellWord(tlsCaFile)}`
  return `jwp client -rp ${firstPort}${tls}`
}

const shellWord = (text: string): string =>
  /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const prefixStyles: readonly Style[] = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red']

/** A label in front of each line, all of one width, each with a colour of its own. */
function prefixes(labels: readonly string[], palette: Palette): (label: string) => string {
  const width = Math.max(...labels.map((label) => label.length))
  const styles = new Map(labels.map((label, at) => [label, prefixStyles[at % prefixStyles.length]!]))
  return (label) => palette(styles.get(label) ?? 'dim', `${label.padEnd(width)} │`)
}
