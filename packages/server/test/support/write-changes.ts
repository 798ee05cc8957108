/** A process of its own for the test that kills it: stores changes, and prints the number of each that is stored. */
import { writeSync } from 'node:fs'
import fc from 'fast-check'
import { asServerName } from '@jwp/protocol'
import { DiskStore } from '#dist/shell/disk/disk-store.js'
import { changesOf, turns } from './random-changes.js'

const { changes } = changesOf(fc.sample(turns, { numRuns: 200, seed: 7 }).flat())
const store = await DiskStore.open({ path: process.argv[2]!, sync: false })
store.begin({ name: asServerName('me'), host: 'localhost', port: 1, secret: 'mine' }, (input) => {
  if (input.type === 'stored') writeSync(1, `${input.number}\n`)
})
for (const change of changes) {
  store.store(change)
  // A few at a time, so that there are many transactions to be killed in.
  if (change.number % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
}
// Only the signal ends it: what was stored by then is what counts.
setInterval(() => undefined, 1_000)
