/**
 * A process of its own that does with a data folder what a server will: it reads everything, and begins to write. What
 * is broken in LMDB's own pages ends a process without a word; this one may. Nothing in the folder changes.
 */
import { writeSync } from 'node:fs'
import { ABORT } from 'lmdb'
import { count } from '@jwp/protocol'
import { fact, readContents } from './read-state.js'
import { DamagedData, damagedCode, encodeRecord } from './record.js'
import { formatVersion, openTables } from './tables.js'

try {
  const tables = await openTables(process.argv[2]!, { sync: false })
  // Another version's data is not for us to judge.
  if (fact(tables, 'format', count) === formatVersion) {
    readContents(tables)
    // Whoever takes a page for something new walks through the list of those that are free.
    tables.root.transactionSync(() => {
      const value = encodeRecord('x'.repeat(20_000))
      tables.facts.putSync('commit', value)
      const { log, queue, unqueued, users } = tables
      for (const table of [log, queue, unqueued, users]) table.putSync(Number.MAX_SAFE_INTEGER, value)
      return ABORT
    })
  }
  process.exit(0)
} catch (error) {
  const { message } = error as Error
  const isDamaged = error instanceof DamagedData || /MDB_(?!MAP_FULL)/.test(message)
  writeSync(1, message)
  // Everything else will happen to the server as well, which has the words for it.
  process.exit(isDamaged ? damagedCode : 0)
}
