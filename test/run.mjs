// Runs every compiled test (or those named on the command line) with ava and ends with `N passed, N failed`.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ava = fileURLToPath(new URL('cli.mjs', import.meta.resolve('ava')))

const child = spawn(process.execPath, [ava, '--tap', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})

const say = (line) => process.stdout.write(`${line}\n`)
const failures = []
let passed = 0
let failed = 0
let skipped = 0
/** The failure whose details are being read. */
let reading

for await (const line of createInterface({ input: child.stdout })) {
  const result = /^(not )?ok \d+ - (.*)$/.exec(line)
  if (result) {
    const [, not, description] = result
    // ava escapes the # of a title, so a bare one starts a directive.
    const directive = /(?<!\\)# (SKIP|TODO)\b/i.exec(description)
    reading = undefined
    if (directive) {
      skipped += 1
      say(`- ${description}`)
    } else if (not) {
      failed += 1
      reading = [`✘ ${description}`]
      failures.push(reading)
      say(reading[0])
    } else {
      passed += 1
      say(`✔ ${description}`)
    }
  } else if (/^(TAP version|1\.\.\d|# (tests|pass|fail|skip|todo) \d)/.test(line)) {
    reading = undefined
  } else if (line.trim() !== '' && !/^\s*(---|\.\.\.)$/.test(line)) {
    reading?.push(line)
    say(line)
  }
}

const [code, signal] = await (child.exitCode === null && child.signalCode === null
  ? new Promise((resolve) => child.once('close', (...how) => resolve(how)))
  : [child.exitCode, child.signalCode])

if (failures.length > 0)
  say(`\nFailures, once more:\n${failures.map((one) => `\n${one.join('\n')}`).join('\n')}`)
if (skipped > 0) say(`\n${skipped} skipped or still to do`)
if (code !== 0 && failed === 0) {
  failed = 1
  say(`\nava itself failed (${signal ?? `exit code ${code}`}); counted as one failure.`)
}
if (passed + failed === 0) say('\nNo test ran, which is no success.')
say(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
