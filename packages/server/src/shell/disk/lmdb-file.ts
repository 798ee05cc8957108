/** A look at LMDB's file before LMDB maps it: what is not there when it is read ends the process without a word. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DamagedData } from './record.js'

const magic = 0xbeefc0de
/** Where things are in a page of facts about the file, in bytes. */
const magicAt = 24
const pageSizeAt = 48
const lastPageAt = 144
const pageBytesRead = 160

/** @throws DamagedData when it is no LMDB file, or too much of it is missing */
export async function checkFile(folder: string): Promise<void> {
  if (!isShort(join(folder, 'data.mdb'))) return
  // Nothing may be wrong: pages at the end that were given back before they were ever written are not in the file. Only
  // reading tells, and that is left to a process that may die of it.
  const reader = spawn(
    process.execPath,
    [fileURLToPath(new URL('./read-apart.js', import.meta.url)), folder],
    {
      stdio: 'ignore',
    },
  )
  const code = await new Promise((resolve) => {
    reader.once('error', resolve)
    reader.once('close', resolve)
  })
  if (code !== 0) throw new DamagedData('the end of data.mdb is missing')
}

/** Whether the file has fewer pages than it says itself. */
function isShort(path: string): boolean {
  if (!existsSync(path) || endianness() !== 'LE') return false
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    // A process that ended before anything was written: LMDB begins the file anew.
    if (size === 0) return false
    const first = factsAt(file, 0)
    if (first.readUInt32LE(magicAt) !== magic) throw new DamagedData('data.mdb is no file of LMDB')
    const pageSize = first.readUInt32LE(pageSizeAt)
    const second = factsAt(file, pageSize)
    const pages = 1 + Math.max(lastPageOf(first), lastPageOf(second))
    return size < pages * pageSize
  } finally {
    closeSync(file)
  }
}

function lastPageOf(facts: Buffer): number {
  return facts.readUInt32LE(magicAt) === magic ? Number(facts.readBigUInt64LE(lastPageAt)) : 0
}

function factsAt(file: number, position: number): Buffer {
  const facts = Buffer.alloc(pageBytesRead)
  readSync(file, facts, 0, pageBytesRead, position)
  return facts
}
