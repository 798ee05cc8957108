/** The typed line at the bottom of a terminal, however long it is, while others scroll by above it. */
import test, { type ExecutionContext } from 'ava'
import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { TypingRegion } from '#dist/terminal/typing-region.js'
import { rowsAbove } from '#dist/terminal/text-rows.js'
import { VirtualTerminal } from './support/virtual-terminal.js'

const columns = 20

function open(t: ExecutionContext) {
  const terminal = new VirtualTerminal(columns, 10)
  const keyboard = new PassThrough()
  const screen = Object.assign(new PassThrough(), { columns, rows: 10, isTTY: true })
  let written: Promise<void> = Promise.resolve()
  screen.on('data', (bytes: Buffer) => {
    written = terminal.write(bytes)
  })
  const lines: string[] = []
  let ends = 0
  const region = new TypingRegion(keyboard, screen, {
    onLine: (line) => lines.push(line),
    onEnd: () => ends++,
  })
  t.teardown(() => region.end())
  region.prompt('me> ')
  return {
    region,
    lines,
    ends: () => ends,
    cursor: () => terminal.cursor(),
    type: async (keys: string): Promise<void> => {
      for (const key of keys) keyboard.write(key)
      // Keys of one letter are taken at once, those that begin with an escape as a whole.
      await nextTurn()
      await written
    },
    rows: async (): Promise<string[]> => {
      await nextTurn()
      await written
      return terminal.rows()
    },
  }
}

const long = 'the quick brown fox jumps over the lazy dog'
const longRows = ['me> the quick brown ', 'fox jumps over the l', 'azy dog'].map((row) => row.trimEnd())

test('what is said while a long line is typed leaves nothing of it behind', async (t) => {
  const { region, type, rows, cursor } = open(t)
  await type(long)
  t.deepEqual(await rows(), longRows)
  for (const text of ['one', 'two', 'three']) region.say(text)
  t.deepEqual(await rows(), ['one', 'two', 'three', ...longRows])
  t.deepEqual(cursor(), { column: 7, row: 5 })
  await type('!')
  region.say('four')
  t.deepEqual(await rows(), ['one', 'two', 'three', 'four', ...longRows.slice(0, 2), 'azy dog!'])
})

test('the same with the cursor in the first row of several', async (t) => {
  const { region, type, rows, cursor } = open(t)
  await type(long)
  await type('\u0001')
  t.deepEqual(cursor(), { column: 4, row: 0 })
  region.say('one')
  region.say('two')
  t.deepEqual(await rows(), ['one', 'two', ...longRows])
  t.deepEqual(cursor(), { column: 4, row: 2 })
})

test('a line that ends where the row ends', async (t) => {
  const { region, type, rows, lines } = open(t)
  await type('x'.repeat(columns - 4))
  region.say('one')
  region.say('two')
  t.deepEqual(await rows(), ['one', 'two', `me> ${'x'.repeat(columns - 4)}`])
  await type('\r')
  region.say('three')
  t.deepEqual(await rows(), ['one', 'two', 'three', 'me>'])
  t.deepEqual(lines, ['x'.repeat(columns - 4)])
})

test('a line that was typed vanishes, however many rows it had, and wide characters count twice', async (t) => {
  const { region, type, rows, lines } = open(t)
  const wide = '\u6f22\u5b57'.repeat(15)
  for (const text of [long, wide]) {
    await type(`${text}\r`)
    region.say('said')
  }
  t.deepEqual(await rows(), ['said', 'said', 'me>'])
  t.deepEqual(lines, [long, wide])
})

test('a prompt that becomes shorter or longer leaves nothing behind', async (t) => {
  const { region, type, rows } = open(t)
  await type('x'.repeat(17))
  region.prompt('somebody else (offline)> ')
  t.deepEqual(await rows(), ['somebody else (offli', `ne)> ${'x'.repeat(15)}`, 'xx'])
  region.prompt('me> ')
  t.deepEqual(await rows(), [`me> ${'x'.repeat(16)}`, 'x'])
})

test('what is given back can be typed on', async (t) => {
  const { region, type, lines } = open(t)
  region.type('{"a":1')
  await type('}\r')
  t.deepEqual(lines, ['{"a":1}'])
})

test('Ctrl-D ends, and what is said then is an ordinary line', async (t) => {
  const { region, type, rows, ends } = open(t)
  await type('\u0004')
  t.is(ends(), 1)
  region.end()
  region.say('bye')
  t.deepEqual((await rows()).slice(-1), ['bye'])
})

test('rows are counted as a terminal wraps', (t) => {
  t.is(rowsAbove('', 10), 0)
  t.is(rowsAbove('x'.repeat(9), 10), 0)
  t.is(rowsAbove('x'.repeat(10), 10), 1)
  t.is(rowsAbove('x'.repeat(9) + '\u6f22', 10), 1)
  t.is(rowsAbove('\u6f22'.repeat(5), 10), 1)
  t.is(rowsAbove('x\ty', 8), 1)
  t.is(rowsAbove('e\u0301'.repeat(9), 10), 0)
})
