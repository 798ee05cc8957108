/** Options as words of a command line. */
import test from 'ava'
import { argvOf, defineOptions, duration, port, text, toggle } from '@jwp/protocol/options'

const options = defineOptions({
  listenPort: { flag: 'lp', singleDash: true, kind: port, help: 'Listen here' },
  idleMs: { flag: 'idle', kind: duration, help: 'For so long' },
  name: { flag: 'name', kind: text('<name>'), help: 'Called so' },
  balance: { flag: 'balance', kind: toggle, negatable: true, help: 'Be fair' },
  json: { flag: 'json', kind: toggle, help: 'In JSON' },
})

test('values are said with the flags of their options, in the words that the flags take', (t) => {
  t.deepEqual(argvOf(options, { listenPort: 3781, idleMs: 90_000, name: '-x y' }), [
    '-lp=3781',
    '--idle=90s',
    '--name=-x y',
  ])
})

test('a switch is said when it is on; off is said of one that can be', (t) => {
  t.deepEqual(argvOf(options, { balance: true, json: true }), ['--balance', '--json'])
  t.deepEqual(argvOf(options, { balance: false, json: false }), ['--no-balance'])
})

test('what is not given is not said', (t) => {
  t.deepEqual(argvOf(options, { listenPort: undefined }), [])
})
