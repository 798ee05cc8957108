import test from 'ava'
import { rewriteArgv } from '#dist/argv/argv-rewriting.js'
import { knownFlagsOf } from '#dist/argv/known-flags.js'
import { wordsThatSet } from '#dist/argv/words-that-set.js'
import { COMMANDS } from '#dist/command-table.js'
import { sharedServerFlags } from '#dist/flags/server-flags.js'

const up = knownFlagsOf(COMMANDS['up']!)
const networkWide = knownFlagsOf({ flags: sharedServerFlags })

const words = (typed: string): string[] => wordsThatSet(networkWide, rewriteArgv(typed.split(' '), up))

test('what is meant for every server is said again, whichever way it was typed; the rest is not', (t) => {
  t.deepEqual(
    words('-n 3 --data x --fan-out=4 -max-rate 5 --no-balance --offline=all -sync_interval 7 --json'),
    ['--max-rate=5', '--no-balance', '--offline=all', '--sync_interval=7'],
  )
})

test('a value that looks like a flag is none', (t) => {
  t.deepEqual(words('--data --max-rate=5'), [])
})

test('jwp server knows all of them', (t) => {
  const server = knownFlagsOf(COMMANDS['server']!)
  t.deepEqual(
    [...networkWide.keys()].filter((name) => !server.has(name)),
    [],
  )
})
