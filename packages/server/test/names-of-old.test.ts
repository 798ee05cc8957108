/** Names that earlier versions registered and that are refused today: each line about them is one line, and not too long. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scryptSync } from 'node:crypto'
import test from 'ava'
import {
  asEpoch,
  asPublisherId,
  asServerName,
  commandLine,
  LogRun,
  maxFinishedLineBytes,
} from '@jwp/protocol'
import { eventually } from '@jwp/transport'
import { DiskStore } from '#dist/shell/disk/disk-store.js'
import { onlineList } from '#dist/core/presence/online-list.js'
import { serve, Talker } from './support/server-under-test.js'

const separators = '\u0085\u2028\u2029'
const listOf = (names: readonly string[]): ReturnType<typeof onlineList> =>
  onlineList({ online: () => names.values() as Generator<string> })

test('ordinary names are listed up to 4,096, and it is said that there are more', (t) => {
  for (const name of ['a', 'a'.repeat(32), 'a'.repeat(33), 'é'.repeat(64), 'a'.repeat(128)]) {
    const names = Array.from({ length: 4_096 }, () => name)
    t.deepEqual(listOf(names), { online: names })
    t.deepEqual(listOf([...names, name]), { online: names, onlineMore: true })
  }
})

test('names that escapes make long are listed as far as the line stays far below what readers take', (t) => {
  for (const name of ['\u0001'.repeat(128), separators.repeat(16), '\ud800'.repeat(42), '"'.repeat(128)]) {
    const names = Array.from({ length: 5_000 }, () => name)
    const { online, onlineMore } = listOf(names)
    t.true(onlineMore)
    const bytes = Buffer.byteLength(commandLine({ command: 'ONLINE', online }))
    t.true(bytes < maxFinishedLineBytes / 2 + 64, `${bytes}`)
    // Nor is more left out than must be.
    t.true(online.length === 4_096 || bytes > maxFinishedLineBytes / 2 - 1_024, `${bytes}`)
  }
})

test('a user whose name has separators of lines is told of in escapes, in each command that names him', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jwp-names-test-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const [path, username] = [join(folder, 'data'), `a${separators}b`]
  await registerInLog(path, username)
  const server = await serve(t, { name: 'me', data: { path, sync: false } })
  const watcher = new Talker(t, server)
  let heard = ''
  watcher.socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  const features = ['presence', 'resume']
  await watcher.ask({ command: 'LOGIN', username: 'anonymous', features })
  const he = new Talker(t, server)
  let told = ''
  he.socket.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const login = await he.ask({ command: 'LOGIN', username, secret: 'x', features })
  t.is(login['command'], 'LOGIN_SUCCESS')
  he.say({ command: 'ACTIVITY_MESSAGE', activity: {} })
  const seen = new Set<unknown>()
  await eventually('his coming and what he says are told', () => {
    for (const line of watcher.lines.splice(0)) {
      if (line['username'] === username) seen.add(line['command'])
      const activity = line['activity'] as { authenticated_user?: unknown } | undefined
      if (activity?.authenticated_user === username) seen.add(line['command'])
    }
    return seen.size === 2 || undefined
  })
  t.deepEqual([...seen].sort(), ['ACTIVITY_BROADCAST', 'PRESENCE'])
  const late = new Talker(t, server)
  let list = ''
  late.socket.on('data', (chunk: Buffer) => (list += chunk.toString()))
  t.deepEqual((await late.ask({ command: 'LOGIN', username: 'anonymous', features }))['online'], [username])
  for (const text of [heard, told, list]) {
    t.notRegex(text, /[\u0085\u2028\u2029]/)
    t.true(text.includes(String.raw`a\u0085\u2028\u2029b`))
  }
})

/** As the run before has left it: somebody is registered whose name nobody may have today. */
async function registerInLog(path: string, username: string): Promise<void> {
  const store = await DiskStore.open({ path, sync: false })
  store.begin({ name: asServerName('me'), host: 'localhost', port: 1, secret: 'mine' }, () => undefined)
  const salt = '0'.repeat(32)
  const verifier = scryptSync('x', Buffer.from(salt, 'hex'), 32).toString('hex')
  const register = {
    kind: 'register',
    publisher: asPublisherId('old#1'),
    n: 1,
    body: Buffer.from(JSON.stringify({ username, salt, verifier })),
    epoch: asEpoch('1.old#1'),
    timestamp: 1,
  } as const
  store.store({
    number: 1,
    append: { from: 1, runs: [LogRun.of(register)] },
    commit: 1,
    highestEpochNumber: 1,
  })
  await store.close()
}
