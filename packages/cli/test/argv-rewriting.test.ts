import test from 'ava'
import { rewriteArgv, type KnownFlags } from '#dist/argv/argv-rewriting.js'
import { knownFlagsOf } from '#dist/argv/known-flags.js'
import { COMMANDS } from '#dist/command-table.js'

const server: KnownFlags = knownFlagsOf(COMMANDS['server']!)
const tree: KnownFlags = knownFlagsOf(COMMANDS['tree']!)

const table: readonly [typed: string[], rewritten: string[], flags?: KnownFlags][] = [
  [[], []],
  // The user's own lines.
  [
    ['-lp', '3781', '-ms', 'aaa'],
    ['--lp=3781', '--ms=aaa'],
  ],
  [
    ['-lp', '3782', '-rp', '3781', '-ms', 'bbb'],
    ['--lp=3782', '--rp=3781', '--ms=bbb'],
  ],
  [
    ['-lp', '3782', '-lh', 'localhost', '-rh', 'localhost', '-rp', '3781', '-s', 'aaa'],
    ['--lp=3782', '--lh=localhost', '--rh=localhost', '--rp=3781', '--s=aaa'],
  ],
  // Joined values, empty ones, ones with an equals sign.
  [['-lp=3781'], ['--lp=3781']],
  [['--lp=3781'], ['--lp=3781']],
  [['-ms='], ['--ms=']],
  [['-ms=a=b'], ['--ms=a=b']],
  [['-ms', ''], ['--ms=']],
  // The long names of the layered design.
  [
    ['-time_before_reconnect', '10000', '-sync_interval', '5000', '-activity_check_interval', '50'],
    ['--time_before_reconnect=10000', '--sync_interval=5000', '--activity_check_interval=50'],
  ],
  // Two dashes mean the same.
  [
    ['--lp', '3781', '--max-children', '4'],
    ['--lp=3781', '--max-children=4'],
  ],
  // A value is a value, whatever it looks like.
  [
    ['-s', '-odd-secret', '-lp', '1'],
    ['--s=-odd-secret', '--lp=1'],
  ],
  [['-s', '-lp'], ['--s=-lp']],
  [['-s', '--'], ['--s=--']],
  [['-ms', 'two\nlines'], ['--ms=two\nlines']],
  // Flags without a value take none.
  [
    ['-json', '-lp', '3781'],
    ['--json', '--lp=3781'],
  ],
  // The last flag lacks its value: oclif says so.
  [['-lp'], ['--lp']],
  // Words that are no flags of jwp stay, and so does everything after a lone --.
  [
    ['-x', '-nonsense', '3', 'word', '-', '-5'],
    ['-x', '-nonsense', '3', 'word', '-', '-5'],
  ],
  [
    ['--', '-lp', '3781'],
    ['--', '-lp', '3781'],
  ],
  [['-h'], ['-h']],
  [['localhost:3781', '-w', '-json'], ['localhost:3781', '-w', '--json'], tree],
  [['-watch', '-s=aaa'], ['--watch', '--s=aaa'], tree],
]

for (const [typed, rewritten, flags] of table) {
  test(`jwp … ${JSON.stringify(typed)}`, (t) => {
    t.deepEqual(rewriteArgv(typed, flags ?? server), rewritten)
  })
}

test('rewriting twice changes nothing more', (t) => {
  for (const [typed, , flags] of table) {
    const once = rewriteArgv(typed, flags ?? server)
    t.deepEqual(rewriteArgv(once, flags ?? server), once)
  }
})
