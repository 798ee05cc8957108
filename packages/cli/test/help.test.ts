/** `--help` as a terminal shows it. */
import test from 'ava'
import { COMMANDS } from '#dist/command-table.js'
import { runJwp } from './support/run-jwp.js'

async function helpAt(columns: number, ...command: string[]): Promise<string> {
  const environment = { OCLIF_COLUMNS: String(columns) }
  const { exitCode, stdout } = await runJwp([...command, '--help'], { environment })
  return exitCode === 0 ? stdout : ''
}

for (const [command, columns] of [...Object.keys(COMMANDS), ''].flatMap((name) => [
  [name, 80] as const,
  [name, 120] as const,
])) {
  test(`jwp ${command} --help fits into ${columns} columns`, async (t) => {
    const lines = (await helpAt(columns, ...(command === '' ? [] : [command]))).split('\n')
    t.true(lines.length > 10)
    t.deepEqual(
      lines.filter((line) => line.length > columns),
      [],
    )
    t.false(lines.some((line) => line.includes('\u00a0')))
  })
}

test('flags stand in groups, in our order, with default and variable at the end of their texts', async (t) => {
  const help = await helpAt(120, 'server')
  const headlines = [...help.matchAll(/^([A-Z ]*FLAGS|DESCRIPTION|EXAMPLES)$/gm)].map(([line]) => line)
  t.deepEqual(headlines, [
    'FLAGS',
    'SECRET FLAGS',
    'STORAGE FLAGS',
    'TLS FLAGS',
    'TREE FLAGS',
    'CLIENT FLAGS',
    'GROWTH FLAGS',
    'DESCRIPTION',
    'EXAMPLES',
  ])
  t.regex(help, /^ {2}--max-children=<n> +Most servers [^-]*\(default: 8;\s+env: JWP_MAX_CHILDREN\)$/m)
  t.regex(help, /^ {2}-lp=<port> +\(required\) Listen/m)
})

test('jwp --help begins with what is needed first', async (t) => {
  const commands = [...(await helpAt(80)).matchAll(/^ {2}(\w+) {2,}[A-Z]/gm)].map(([, command]) => command)
  t.deepEqual(commands, Object.keys(COMMANDS))
  t.deepEqual(commands.slice(0, 3), ['up', 'server', 'clock'])
})
