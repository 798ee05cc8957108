/**
 * Whole plans that once failed, made small: unlike a seed, a plan stays the same world when drawing changes. The name
 * of each file tells what it found; without the repair that it led to, each of them failed again before it was kept.
 */
import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { nodePlatform } from '@jwp/simulator'
import { runPlan, type WorldPlan } from '@jwp/simulator/world'

// Compiled tests run from test/dist/simulation; the plans stay with their sources.
const folder = new URL('../../kept-plans/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

test('there are plans', (t) => t.true(files.length > 0))

for (const file of files.sort()) {
  test(file.replace(/\.json$/, '').replaceAll('-', ' '), (t) => {
    const plan = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as WorldPlan
    t.deepEqual(runPlan(plan, nodePlatform).violations, [])
  })
}
