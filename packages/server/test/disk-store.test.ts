/** The data folder: what was stored comes back, whatever happens to the process; and nothing but that. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  asEpoch,
  asPublisherId,
  asServerName,
  countOf,
  emptyPresence,
  entriesIn,
  EntryRun,
  LogRun,
  logRuns,
  type Address,
  type LogEntry,
} from '@jwp/protocol'
import {
  applyChange,
  nothingStored,
  type ServerInput,
  type StoreChange,
  type StoredState,
} from '@jwp/server/core'
import { startServer } from '@jwp/server'
import { DamagedFolder } from '#dist/shell/disk/damaged-folder.js'
import { DiskStore } from '#dist/shell/disk/disk-store.js'
import { checkFile } from '#dist/shell/disk/lmdb-file.js'
import { encodeRecord } from '#dist/shell/disk/record.js'
import { formatVersion, openTables } from '#dist/shell/disk/tables.js'
import { CannotStart } from '#dist/shell/server-process-options.js'
import { canonical, changesOf, turns, type Turn } from './support/random-changes.js'

const me: Address = { name: asServerName('me'), host: 'localhost', port: 1, secret: 'mine' }

function newFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'jwp-disk-test-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return join(folder, 'data')
}

/** What this process has written itself need not be read by another one first. */
const goodEnough = (_folder: string): Promise<void> => Promise.resolve()

async function openAndBegin(
  path: string,
  handle: (input: ServerInput) => void = () => undefined,
): Promise<DiskStore> {
  const store = await DiskStore.open({ path, sync: false }, goodEnough)
  store.begin(me, handle)
  return store
}

async function restoredFrom(path: string, check = goodEnough): Promise<StoredState> {
  const store = await DiskStore.open({ path, sync: false }, check)
  const { restored } = store.takeRestored()
  await store.close()
  return restored ?? nothingStored
}

test('what was stored comes back: all changes added up, after any number of starts', async (t) => {
  await fc.assert(
    fc.asyncProperty(turns, fc.nat(40), async (all, reopenAfter) => {
      const path = join(mkdtempSync(join(tmpdir(), 'jwp-disk-test-')), 'data')
      const { changes, states } = changesOf(all)
      const stored: ServerInput[] = []
      const handle = (input: ServerInput): void => void stored.push(input)
      let store = await openAndBegin(path, handle)
      for (const change of changes) {
        store.store(change)
        if (change.number === reopenAfter) {
          await store.close()
          store = await openAndBegin(path, handle)
          t.deepEqual(
            canonical(store.takeRestored().restored ?? nothingStored),
            canonical(states[change.number]!),
          )
        }
      }
      await store.close()
      const last = stored.at(-1)
      t.is(last?.type === 'stored' ? last.number : 0, changes.length)
      t.deepEqual(canonical(await restoredFrom(path)), canonical(states.at(-1)!))
      rmSync(join(path, '..'), { recursive: true, force: true })
    }),
    { numRuns: 40 },
  )
})

test('a process that is killed while it writes leaves a prefix of its changes, with all that was reported stored', async (t) => {
  const sample: Turn[] = fc.sample(turns, { numRuns: 200, seed: 7 }).flat()
  const { states } = changesOf(sample)
  const forms = states.map((state) => JSON.stringify(canonical(state)))
  t.true(states.length > 200)
  for (const killAfter of [1, 2, 17, 60, 130]) {
    const path = newFolder(t)
    const told = await writeAndBeKilled(path, killAfter)
    t.true(told >= killAfter && told < states.length)
    const found = forms.lastIndexOf(JSON.stringify(canonical(await restoredFrom(path))))
    t.true(found >= told, `changes up to ${told} were reported, those up to ${found} are there`)
  }
})

/** A process that stores the same changes as fast as it can, killed once it has reported this many. */
function writeAndBeKilled(path: string, killAfter: number): Promise<number> {
  const writer = fileURLToPath(new URL('support/write-changes.js', import.meta.url))
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = 0
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop()!
    told = Number(lines.at(-1) ?? told)
    if (told >= killAfter) child.kill('SIGKILL')
  })
  return new Promise((resolve) =>
    child.once('close', () => {
      resolve(told)
    }),
  )
}

const refusal = async (t: ExecutionContext, path: string, words: RegExp): Promise<void> => {
  const error = await t.throwsAsync(DiskStore.open({ path, sync: false }), { instanceOf: CannotStart })
  t.is(error.code, 'data')
  t.regex(error.message, words)
}

async function written(path: string): Promise<void> {
  const store = await openAndBegin(path)
  for (const change of changesOf(fc.sample(turns, { numRuns: 10, seed: 3 }).flat()).changes)
    store.store(change)
  await store.close()
}

test('two may not use one folder at a time', async (t) => {
  const path = newFolder(t)
  const store = await openAndBegin(path)
  await refusal(t, path, /process \d+ uses .*: give this server another --data, or stop that one/)
  await store.close()
  await (await openAndBegin(path)).close()
  t.pass()
})

test('the lock of a process that is gone does not count', async (t) => {
  const path = newFolder(t)
  await written(path)
  // A number that no process has.
  writeFileSync(join(path, 'server.lock'), '4194305 12345@elsewhere')
  await (await openAndBegin(path)).close()
  t.pass()
})

test('a folder of another server is refused, and stays as it is', async (t) => {
  const path = newFolder(t)
  await written(path)
  const before = await restoredFrom(path)
  const store = await DiskStore.open({ path, sync: false })
  const error = t.throws(() => store.begin({ ...me, name: asServerName('another') }, () => undefined))
  t.regex(error.message, /belongs to the server me, not to another/)
  await store.close()
  t.deepEqual(canonical(await restoredFrom(path)), canonical(before))
})

test('a folder with something else in it is refused', async (t) => {
  const path = newFolder(t)
  const folder = join(path, '..')
  writeFileSync(join(folder, 'letter.txt'), 'dear reader')
  await refusal(t, folder, /is not empty and holds no data of a server \(but letter\.txt\)/)
  t.is(readFileSync(join(folder, 'letter.txt'), 'utf8'), 'dear reader')
})

test("a file that is not LMDB's is refused, and stays as it is", async (t) => {
  const path = newFolder(t)
  await written(path)
  const nonsense = 'x'.repeat(20_000)
  writeFileSync(join(path, 'data.mdb'), nonsense)
  await refusal(t, path, /is damaged \(data\.mdb is no file of LMDB\): .*--set-aside/)
  t.is(readFileSync(join(path, 'data.mdb'), 'utf8'), nonsense)
})

test('bodies that are not what was written are found by their checksum', async (t) => {
  const path = newFolder(t)
  const store = await openAndBegin(path)
  const body = new Uint8Array(3_000).fill(0x5a)
  const [change] = changesOf([
    { restart: false, cut: -1, append: [], drop: -1, queue: [], unqueue: [], cursor: 2, commits: false },
  ]).changes
  store.store({
    ...change!,
    queued: [EntryRun.of({ publisher: 'somebody' as never, n: 1, kind: 'activity', body })],
  })
  await store.close()
  const file = readFileSync(join(path, 'data.mdb'))
  const at = file.lastIndexOf(Buffer.alloc(2_000, 0x5a))
  t.true(at > 0)
  for (
    let place = file.indexOf(Buffer.alloc(2_000, 0x5a));
    place !== -1;
    place = file.indexOf(Buffer.alloc(2_000, 0x5a), place + 3_000)
  )
    file[place + 100] = 0
  writeFileSync(join(path, 'data.mdb'), file)
  await refusal(t, path, /is damaged \(block 1 of the queue does not match its checksum\)/)
})

test('a folder of another format is refused in words, and stays as it is', async (t) => {
  const path = newFolder(t)
  await written(path)
  const tables = await openTables(path, { sync: false })
  tables.facts.putSync('format', encodeRecord(formatVersion - 1))
  await tables.root.close()
  const before = readFileSync(join(path, 'data.mdb'))
  const words = new RegExp(
    `written by another version of JWP \\(its format is ${formatVersion - 1}, this one reads ${formatVersion}\\)`,
  )
  for (let attempt = 0; attempt < 2; attempt++) await refusal(t, path, words)
  t.true(readFileSync(join(path, 'data.mdb')).equals(before))
})

test('a file that lost its end is an error in words, or nothing that counts was lost', async (t) => {
  const path = newFolder(t)
  await written(path)
  const full = canonical(await restoredFrom(path))
  const file = readFileSync(join(path, 'data.mdb'))
  for (const share of [0.25, 0.5, 0.75, 0.95]) {
    writeFileSync(join(path, 'data.mdb'), file)
    truncateSync(join(path, 'data.mdb'), Math.floor((file.length * share) / 4_096) * 4_096)
    try {
      t.deepEqual(canonical(await restoredFrom(path, checkFile)), full)
    } catch (error) {
      t.true(error instanceof CannotStart, String(error))
      t.regex((error as Error).message, /is damaged/)
    }
  }
})

for (const [story, restartAfter] of [
  ['takes no more', []],
  ['is full in the middle of a snapshot', ['10']],
] as const) {
  test(`a disk that ${story} is told in words, and what it had taken before stays good`, async (t) => {
    const path = newFolder(t)
    const writer = fileURLToPath(new URL('support/write-until-full.js', import.meta.url))
    // Half-kilobyte blocks: no file of this process and its child may grow beyond two megabytes.
    const child = spawn('sh', [
      '-c',
      `ulimit -f 4096; exec "$0" "$@"`,
      process.execPath,
      writer,
      path,
      ...restartAfter,
    ])
    let said = ''
    let complaints = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
    t.is(await new Promise((resolve) => child.once('close', resolve)), 0)
    t.is(complaints, '', 'the words are enough')
    const inputs = said
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ServerInput)
    const failure = inputs.pop()!
    t.is(failure.type, 'store-failed')
    t.regex(
      failure.type === 'store-failed' ? failure.info : '',
      /^cannot write to .*: the file may not grow any further/,
    )
    const entries = entriesIn((await restoredFrom(path)).runs)
    t.true(inputs.length >= 10)
    t.is(entries.length, inputs.length)
    t.true(entries.every(({ n, body }) => body.length === 50_000 && body.every((byte) => byte === n % 256)))
  })
}

test('entries that were dropped before they were written leave no hole', async (t) => {
  const path = newFolder(t)
  const store = await openAndBegin(path)
  const publisher = asPublisherId('somebody')
  const entry = (n: number): LogEntry => ({
    publisher,
    n,
    kind: 'activity',
    body: new Uint8Array([n]),
    epoch: asEpoch('1.root'),
    timestamp: n,
  })
  const changes: StoreChange[] = [
    { number: 1, append: { from: 1, runs: logRuns([1, 2, 3].map(entry)) } },
    {
      number: 2,
      append: { from: 6, runs: logRuns([6, 7].map(entry)) },
      drop: {
        index: 5,
        lineage: [[asEpoch('1.root'), 5]],
        lastTimestamp: 5,
        marks: [[publisher, 5]],
        others: [],
        users: [],
        presence: emptyPresence,
      },
    },
  ]
  for (const change of changes) store.store(change)
  await store.close()
  const restored = await restoredFrom(path)
  t.deepEqual(canonical(restored), canonical(changes.reduce(applyChange, nothingStored)))
  t.deepEqual(
    entriesIn(restored.runs).map(({ n }) => n),
    [6, 7],
  )
})

test('a log that is no log is refused in words, by a server that has not begun', async (t) => {
  const path = newFolder(t)
  const store = await DiskStore.open({ path, sync: false })
  const name = asServerName('me')
  store.begin({ ...me, name }, () => undefined)
  const body = new Uint8Array(0)
  const entry = {
    publisher: asPublisherId('p'),
    n: 7,
    kind: 'barrier',
    body,
    epoch: asEpoch('1.r'),
    timestamp: 1,
  } as const
  store.store({ number: 1, append: { from: 1, runs: [LogRun.of(entry)] } })
  await store.close()
  for (let attempt = 0; attempt < 2; attempt++) {
    const error = await t.throwsAsync(
      startServer({
        listenPort: 0,
        name,
        data: { path },
        log: { silent: true },
        clock: { host: 'localhost', port: 1 },
      }),
      { instanceOf: CannotStart },
    )
    t.regex(error.message, /the data in .* is damaged \(p has 0 entries, cannot append number 7\)/)
  }
})

test('data that is gone is an error, not a new server', async (t) => {
  for (const [lost, left, words] of [
    ['missing', ['folder.json', 'lock.mdb'], /is damaged \(data\.mdb is missing\).*--set-aside/],
    ['empty', ['folder.json', 'lock.mdb'], /is damaged \(data\.mdb is empty\)/],
    ['missing', ['folder.json'], /is damaged \(data\.mdb is missing\)/],
    // As versions before the file of stages leave it.
    ['missing', ['lock.mdb'], /is damaged \(data\.mdb is missing\)/],
    ['empty', ['lock.mdb'], /is damaged \(data\.mdb is empty\)/],
  ] as const) {
    const path = newFolder(t)
    await written(path)
    if (lost === 'missing') rmSync(join(path, 'data.mdb'))
    else truncateSync(join(path, 'data.mdb'), 0)
    for (const file of ['folder.json', 'lock.mdb'] as const)
      if (!(left as readonly string[]).includes(file)) rmSync(join(path, file))
    for (let attempt = 0; attempt < 2; attempt++) await refusal(t, path, words)
  }
  // A database that is whole, and another one.
  const path = newFolder(t)
  const other = newFolder(t)
  await written(path)
  await (await DiskStore.open({ path: other, sync: false })).close()
  cpSync(join(other, 'data.mdb'), join(path, 'data.mdb'))
  await refusal(t, path, /is damaged \(nothing of a server is in data\.mdb\)/)
})

test('a server that was killed before it had written anything begins again', async (t) => {
  const path = newFolder(t)
  mkdirSync(path)
  writeFileSync(join(path, 'folder.json'), '{"stage":"beginning"}')
  writeFileSync(join(path, 'lock.mdb'), '')
  writeFileSync(join(path, 'data.mdb'), '')
  await written(path)
  t.true(countOf((await restoredFrom(path)).runs) > 0)
})

test('a byte that is wrong is an error in words or does no harm, and ends nobody without a word', async (t) => {
  const path = newFolder(t)
  await written(path)
  const full = JSON.stringify(canonical(await restoredFrom(path)))
  const file = readFileSync(join(path, 'data.mdb'))
  const whys: string[] = []
  for (let page = 2; page * 4_096 < file.length && page < 14; page++) {
    const flipped = Buffer.from(file)
    // Where LMDB says how its page is divided.
    for (const offset of [8, 13, 17]) flipped[page * 4_096 + offset]! ^= 0xff
    writeFileSync(join(path, 'data.mdb'), flipped)
    try {
      t.is(JSON.stringify(canonical(await restoredFrom(path, checkFile))), full)
    } catch (error) {
      t.true(error instanceof DamagedFolder, String(error))
      whys.push((error as DamagedFolder).why)
    }
  }
  t.log(whys)
  t.true(whys.some((why) => why.startsWith('reading it ends a process with SIG')))
})

test('--set-aside moves aside what is damaged, and nothing else', async (t) => {
  const path = newFolder(t)
  const start = async (): Promise<void> => {
    const server = await startServer({
      listenPort: 0,
      name: 'me',
      data: { path, sync: false, setAside: true },
      log: { silent: true },
      clock: { host: 'localhost', port: 1 },
    })
    await server.leave()
  }
  const aside = (): string[] => readdirSync(path).filter((name) => name.startsWith('aside-'))
  await start()
  await start()
  t.deepEqual(aside(), [])
  writeFileSync(join(path, 'data.mdb'), 'nonsense')
  await start()
  const [kept, ...more] = aside()
  t.deepEqual(more, [])
  t.is(readFileSync(join(path, kept!, 'data.mdb'), 'utf8'), 'nonsense')
  await start()
  t.is(aside().length, 1)
})
