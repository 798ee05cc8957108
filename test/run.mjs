// Runs every compiled test (or those named on the command line) with ava and ends with `N passed, N failed`.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const ava = fileURLToPath(new URL('cli.mjs', import.meta.resolve('ava')))

// What tests print goes to stderr, so stdout holds ava's report alone: a line per test, then rules (a lone ─) around
// the details of failures, then a summary. (Its --tap would be easier to count, but falls over when a test times out.)
const child = spawn(process.execPath, [ava, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))

let passed = 0
let failed = 0
let rules = 0
for await (const line of createInterface({ input: child.stdout })) {
  process.stdout.write(`${line}\n`)
  const text = stripVTControlCharacters(line).trim()
  if (text === '─') {
    rules += 1
    failed = 0 // what follows the last rule is the summary
  } else if (rules === 0) {
    if (/^[✔√] /.test(text)) passed += 1
  } else {
    const trouble =
      /^(\d+) (hooks? failed|tests? failed|unhandled rejections?|uncaught exceptions?|tests? remained pending after a timeout)$/
    failed += Number(trouble.exec(text)?.[1] ?? 0)
  }
}

const { code, signal } = await ended
const say = (line) => process.stdout.write(`${line}\n`)
if (code !== 0 && failed === 0) {
  failed = 1
  say(`\nava itself failed (${signal ?? `exit code ${code}`}); counted as one failure.`)
}
if (passed + failed === 0) say('\nNo test ran, which is no success.')
say(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
