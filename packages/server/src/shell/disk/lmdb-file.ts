/**
 * Checks LMDB's file before LMDB maps it in this process: damage in the file can crash a process without a message.
 */
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DamagedData, damagedCode } from './record.js'

const magic = 0xbeefc0de
/** Where things are in a page of facts about the file, in bytes. */
const magicAt = 24
const pageSizeAt = 48
const lastPageAt = 144
const pageBytesRead = 160

/** Least time for the process that reads, and what each MiB adds, in milliseconds: far more than slow disks need. */
const leastLimitMs = 120_000
const limitMsPerMebibyte = 1_000

/**
 * Signals that end a process which follows a bad pointer. Any other signal was sent from outside, and proves no
 * damage.
 */
const crashes = new Set<string | null>(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP'])

/**
 * LMDB trusts its pages: one byte that is wrong, or a page that is missing, may end the process that follows it, or
 * keep it busy for ever. So another process reads everything first, and this one reports how that ended.
 * @throws DamagedData when it is no LMDB file, or cannot be read
 * @throws Error when that process could not do its work
 */
export async function checkFile(folder: string): Promise<void> {
  const path = join(folder, 'data.mdb')
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes === 0) return
  const isCut = isShort(path)
  const { code, signal, said, isEndless } = await readApart(folder, bytes)
  if (code === 0) return
  if (isCut) throw new DamagedData('the end of data.mdb is missing')
  if (isEndless) throw new DamagedData('reading it does not end')
  if (code === damagedCode) throw new DamagedData(said)
  if (crashes.has(signal)) throw new DamagedData(`reading it ends a process with ${signal}`)
  throw new Error(`the process that was to check its data ended with ${signal ?? code}: ${said}`)
}

interface ReaderEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
  readonly isEndless: boolean
}

async function readApart(folder: string, bytes: number): Promise<ReaderEnd> {
  const script = fileURLToPath(new URL('./read-apart.js', import.meta.url))
  const reader = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  const kill = (): void => void reader.kill('SIGKILL')
  // It must not read on when its parent no longer waits for it.
  process.once('exit', kill)
  let isEndless = false
  const patience = setTimeout(
    () => {
      isEndless = true
      kill()
    },
    leastLimitMs + (bytes / 1_048_576) * limitMsPerMebibyte,
  )
  let said = ''
  reader.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    return await new Promise((resolve, reject) => {
      reader.once('error', reject)
      reader.once('close', (code, signal) => {
        resolve({ code, signal, said, isEndless })
      })
    })
  } finally {
    clearTimeout(patience)
    process.off('exit', kill)
  }
}

/** Whether the file has fewer pages than it says itself. */
function isShort(path: string): boolean {
  if (endianness() !== 'LE') return false
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
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
