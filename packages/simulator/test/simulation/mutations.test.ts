/** Tests of the tests: a core with one rule taken out must be caught by the checkers. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { mutants } from '../support/mutants.js'

const program = fileURLToPath(new URL('../support/run-mutant.js', import.meta.url))
const run = promisify(execFile)

for (const mutant of mutants) {
  test.serial(mutant.title, async (t) => {
    const { stdout } = await run(process.execPath, [program, JSON.stringify(mutant)])
    if (stdout === '') t.fail('no checker noticed')
    else {
      t.log(stdout.trim())
      t.pass()
    }
  })
}
