/**
 * A process of its own for the test that limits its disk: stores more and more, and prints what it is told. With a number
 * as its second argument it starts over after so many changes, from a snapshot that fills the disk by itself.
 */
import { writeSync } from 'node:fs'
import { asEpoch, asPublisherId, asServerName, LogRun } from '@jwp/protocol'
import { DiskStore } from '#dist/shell/disk/disk-store.js'
import { storedWithUsers } from './snapshot-ends.js'

const publisher = asPublisherId('somebody')
const store = await DiskStore.open({ path: process.argv[2]!, sync: false })
const restartAfter = Number(process.argv[3] ?? Infinity)
const next = (number: number): void => {
  if (number > restartAfter) {
    store.store({ number, restart: storedWithUsers(50_000).base })
    return
  }
  const body = new Uint8Array(50_000).fill(number)
  const entry = {
    publisher,
    n: number,
    kind: 'activity',
    body,
    epoch: asEpoch('1.root'),
    timestamp: number,
  } as const
  store.store({ number, append: { from: number, runs: [LogRun.of(entry)] } })
}
store.begin({ name: asServerName('me'), host: 'localhost', port: 1, secret: 'mine' }, (input) => {
  writeSync(1, `${JSON.stringify(input)}\n`)
  if (input.type === 'stored') next(input.number + 1)
  else void store.close().then(() => process.exit(0))
})
next(1)
