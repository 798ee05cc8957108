/** What a server that starts another one hands on of its own command line. */
import test from 'ava'
import { rewriteArgv } from '#dist/argv/argv-rewriting.js'
import { knownFlagsOf } from '#dist/argv/known-flags.js'
import { COMMANDS } from '#dist/command-table.js'
import { autoscaleProgram } from '#dist/server/autoscale-program.js'

function handedOn(line: string, dataFolder?: string): string[] {
  const argv = rewriteArgv(line.split(' '), knownFlagsOf(COMMANDS['server']!))
  const { file, args } = autoscaleProgram(argv, dataFolder)(4_000)
  const [script, command, ...flags] = args
  if (file !== process.execPath || !script?.endsWith('jwp.js') || command !== 'server')
    throw new Error(script)
  return [...flags]
}

test('flags of the network are handed on, those of one server are not', (t) => {
  const own =
    '-lp 3781 -rp 3780 -rh alpha -s aaa -ms bbb --name here --secret-file own.key --parent-secret-file a.key --end-when-idle 5s'
  const shared =
    '-lh beta.lan --clock c:3779,d:3779 --no-balance --max-clients 5 --autoscale --autoscale-max 9 --tls-cert c.pem --json'
  t.deepEqual(handedOn(`${own} ${shared}`), rewriteArgv(shared.split(' '), knownFlagsOf(COMMANDS['server']!)))
})

test('no secret gets into a list of processes', (t) => {
  t.deepEqual(handedOn('-ms=sss --s=-odd --lp=3781'), [])
})

test('a server that keeps its state on disk starts others that do, each in a folder of its own', (t) => {
  t.deepEqual(handedOn('--data /var/lib/jwp --data-sync off', '/var/lib/jwp'), [
    '--data-sync=off',
    '--data=/var/lib/jwp-4000',
  ])
})
