/** Every mutant names a piece of the compiled code that is there exactly once. Cheap: no world is run. */
import test from 'ava'
import { existsSync, readFileSync } from 'node:fs'
import { mutants } from '../support/mutants.js'

const packages = new URL('../../../../', import.meta.url)
const keptPlans = new URL('../../kept-plans/', import.meta.url)

for (const { title, file, from, to, in: worlds } of mutants) {
  test(`the code still has what this takes out: ${title}`, (t) => {
    const code = readFileSync(new URL(file, packages), 'utf8')
    t.is(code.split(from).length - 1, 1, `in ${file}: ${from}`)
    t.not(from, to)
    if (worlds.endsWith('.json')) t.true(existsSync(new URL(worlds, keptPlans)), worlds)
  })
}
