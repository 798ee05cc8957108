/** A process of its own that reads a whole data folder: it ends with 0 if that is possible, and in whatever way if not. */
import { readContents } from './read-state.js'
import { openTables } from './tables.js'

const tables = await openTables(process.argv[2]!, { sync: false })
readContents(tables)
process.exit(0)
