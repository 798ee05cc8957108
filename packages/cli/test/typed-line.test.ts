/** What a typed line means, and what is said of a command that does not exist. */
import test from 'ava'
import { didYouMean } from '#dist/argv/did-you-mean.js'
import { helpLines, terminalCommandOf } from '#dist/client/terminal-commands.js'
import { activityOfPipedLine, activityOfTypedLine, readTypedLine } from '#dist/client/typed-line.js'

const activity = (fields: Record<string, unknown>) => ({ is: 'activity', activity: fields })

for (const [line, meaning] of [
  ['', { is: 'blank' }],
  ['   ', { is: 'blank' }],
  ['hello', activity({ text: 'hello' })],
  [' 42 ', activity({ text: '42' })],
  ['"quoted"', activity({ text: '"quoted"' })],
  ['{"a":1}', activity({ a: 1 })],
  ['{}', activity({})],
  ['{"broken json', { is: 'unclear', text: '{"broken json' }],
  ['[1,2]', { is: 'unclear', text: '[1,2]' }],
  ['[sighs]', { is: 'unclear', text: '[sighs]' }],
  ['/help', { is: 'command', name: 'help', rest: '' }],
  ['/who  is there', { is: 'command', name: 'who', rest: 'is there' }],
  ['/', { is: 'command', name: '', rest: '' }],
  ['//help', activity({ text: '/help' })],
  ['// a comment', activity({ text: '/ a comment' })],
] as const) {
  test(`typed: ${JSON.stringify(line)}`, (t) => {
    t.deepEqual(readTypedLine(line) as unknown, meaning)
  })
}

test('where no user can be asked, what is unclear is not published', (t) => {
  t.deepEqual(activityOfTypedLine('hello'), { text: 'hello' })
  for (const line of ['{"broken', '[1,2]', '/help', '']) t.is(activityOfTypedLine(line), undefined)
  for (const line of ['hello', '[1]', '{"broken', '/help']) t.is(activityOfPipedLine(line), undefined)
  t.deepEqual(activityOfPipedLine('{"a":1}'), { a: 1 })
})

test('commands are known in any case, others are said to be none, with the one that was meant', (t) => {
  t.is(terminalCommandOf('help'), 'help')
  t.is(terminalCommandOf('WHO'), 'who')
  t.regex((terminalCommandOf('hlep') as { info: string }).info, /no command \/hlep: did you mean \/help\?/)
  t.regex((terminalCommandOf('quti') as { info: string }).info, /did you mean \/quit\?/)
  t.regex(
    (terminalCommandOf('shrug') as { info: string }).info,
    /see \/help \(nothing was published; \/\/shrug would be\)/,
  )
  for (const name of ['/help', '/who', '/quit', '//text'])
    t.true(helpLines().some((line) => line.startsWith(name)))
})

test('a word is meant when it is a slip of the finger or a beginning away', (t) => {
  const known = ['server', 'clock', 'client', 'tree', 'up']
  t.is(didYouMean('servre', known), 'server')
  t.is(didYouMean('clok', known), 'clock')
  t.is(didYouMean('serv', known), 'server')
  t.is(didYouMean('Tree', known), 'tree')
  t.is(didYouMean('nonsense', known), undefined)
  t.is(didYouMean('x', known), undefined)
})
