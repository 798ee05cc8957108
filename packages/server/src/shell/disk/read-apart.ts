/**
 * A process of its own that does with a data folder what a server will do: it reads everything, and begins to write.
 * Damage in LMDB's own pages can crash a process without a message. This process may crash. Nothing in the folder
 * changes.
 */
import { writeSync } from 'node:fs'
import { ABORT } from 'lmdb'
import { count } from '@jwp/protocol'
import { fact, readContents } from './read-state.js'
import { DamagedData, damagedCode, encodeRecord } from './record.js'
import { formatVersion, openTables } from './tables.js'

try {
  const tables = await openTables(process.argv[2]!, { sync: false })
  // Data of another version cannot be judged here.
  if (fact(tables, 'format', count) === formatVersion) {
    readContents(tables)
    // A write that needs a new page walks through the list of free pages.
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
  // Any other error will come in the server as well, which reports it in words.
  process.exit(isDamaged ? damagedCode : 0)
}
