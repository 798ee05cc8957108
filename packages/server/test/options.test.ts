/** `startServer` is checked by the list of options, and the core is told by it. */
import test from 'ava'
import { CannotStart, startServer } from '@jwp/server'
import { defaultLimits, defaultTiming } from '@jwp/server/core'
import { autoscaleOptions, serverOptions } from '@jwp/server/options'
import type { Option } from '@jwp/protocol/options'
import { asServerName } from '@jwp/protocol'
import { coreOptionsOf } from '#dist/shell/core-options.js'

const found = {
  self: { name: asServerName('a'), host: 'localhost', port: 1, secret: 'x' },
  incarnation: '1',
  remote: undefined,
  contacts: [],
}

/** A value of this option that is not its default. */
function otherValue({ kind, default: value, min = 1 }: Option): unknown {
  return kind.choices?.find((word) => word !== value) ?? Number(min) + 7
}

const forCore = Object.entries<Option>(serverOptions).filter(([, { core }]) => core !== undefined)

test('half of the options are for the core', (t) => {
  t.true(forCore.length >= 13)
})

for (const [name, option] of forCore) {
  test(`${name} reaches the core as ${option.core}`, (t) => {
    const [section, field] = option.core!.split('.') as [string, string]
    const inCore = (told: object): unknown => {
      const core = coreOptionsOf({ listenPort: 0, ...told }, found) as unknown as Record<string, object>
      return (core[section] as Record<string, unknown>)[field]
    }
    t.is(inCore({}), option.default)
    t.is(inCore({ [name]: otherValue(option) }), otherValue(option))
  })
}

test('the core has the defaults of the list, and what goes with announcements follows them', (t) => {
  const core = coreOptionsOf({ listenPort: 0 }, found)
  t.deepEqual(core.timing, defaultTiming)
  t.deepEqual(core.limits, defaultLimits)
  t.is(coreOptionsOf({ listenPort: 0, syncEveryMs: 0 }, found).timing.reportEveryMs, 1)
  t.is(core.growth?.maxServers, undefined)
  const autoscale = { program: () => ({ file: 'true', args: [] }) }
  t.is(
    coreOptionsOf({ listenPort: 0, maxClients: 1, autoscale }, found).growth?.maxServers,
    autoscaleOptions.maxServers.default,
  )
})

const refused = async (options: object): Promise<string> => {
  const error = await startServer({ listenPort: 0, log: { silent: true }, ...options }).then(
    (server) => {
      server.kill()
    },
    (thrown: unknown) => thrown,
  )
  return error instanceof CannotStart && error.code === 'bad-option'
    ? error.message
    : `not refused: ${String(error)}`
}

for (const [name, option] of Object.entries<Option>(serverOptions)) {
  test(`a program that gives nonsense as ${name} is told so, with the names that it has`, async (t) => {
    const said = await refused({ [name]: option.kind.unit === undefined ? { odd: 1 } : Number.NaN })
    t.true(said.startsWith(`${name} (-${option.singleDash ? '' : '-'}${option.flag}): `), said)
    if (option.min === undefined || option.kind.unit === undefined) return
    t.regex(await refused({ [name]: option.min / 2 }), /: at least /)
  })
}

const table: readonly (readonly [options: object, says: string])[] = [
  [{ silenceLimit: 5 }, 'there is no option silenceLimit, there are '],
  [{ listenPort: 70_000 }, 'listenPort (-lp): a number from 0 to 65535, not 70000'],
  [{ clientSilenceMs: 900 }, 'clientSilenceMs (--client-silence): at least 1000 ms, not 900'],
  [{ maxChildren: 0 }, 'maxChildren (--max-children): a whole number of servers, 1 or more, not 0'],
  [{ maxRate: '5' }, 'maxRate (--max-rate): a whole number of messages per second, 1 or more, not "5"'],
  [{ offline: 'some' }, 'offline (--offline): one of missed, all, none, not "some"'],
  [{ secret: 12_345 }, 'secret (-ms): a text, not a number'],
  [{ remote: { host: 'localhost' } }, 'remote.port (-rp) is needed'],
  [{ remote: { host: 'localhost', port: 0 } }, 'remote.port (-rp): at least 1, not 0'],
  [{ data: { path: 'x', sync: 'off' } }, 'data.sync (--data-sync): true or false, not "off"'],
  [
    { advertisedHost: 'a b' },
    'advertisedHost (-lh): a host name or an IP address, without port and brackets, not "a b"',
  ],
  [{ name: '' }, 'name (--name): a text that is not empty, not ""'],
  [{ name: 'n'.repeat(257) }, 'name (--name): a text of at most 256 characters, not "n'],
  [{ secret: 's'.repeat(1_025) }, 'secret (-ms): a text of at most 1024 characters, not a string'],
  [{ data: {} }, 'data.path (--data) is needed'],
  [
    { maxClients: 1, autoscale: { program: () => ({}), command: ' ' } },
    'autoscale.command (--autoscale-command): a command for the shell, not " "',
  ],
]

for (const [options, says] of table) {
  test(`startServer says: ${says}`, async (t) => {
    const said = await refused(options)
    t.true(said.startsWith(says), said)
  })
}
