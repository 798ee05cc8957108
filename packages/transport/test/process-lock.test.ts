/** Locks by process: one living holder at a time, whichever process had it before. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { LockedByProcess, lockForProcess } from '@jwp/transport'

function newPath(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'jwp-lock-test-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return join(folder, 'thing')
}

/** A process that will try for the lock when told. */
class Contender {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(t: ExecutionContext, path: string) {
    const script = fileURLToPath(new URL('support/hold-lock.js', import.meta.url))
    this.child = spawn(process.execPath, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
    t.teardown(() => this.child.kill('SIGKILL'))
  }

  async says(): Promise<string | undefined> {
    return ((await this.#lines.next()) as { value?: string }).value
  }

  go(): void {
    this.child.stdin!.write('go\n')
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('close', resolve))
    this.child.kill('SIGKILL')
    await gone
  }
}

async function contenders(t: ExecutionContext, path: string, count: number): Promise<Contender[]> {
  const all = Array.from({ length: count }, () => new Contender(t, path))
  for (const contender of all) t.is(await contender.says(), 'ready')
  return all
}

test('a lock is given once, and again when it was given back', (t) => {
  const path = newPath(t)
  const unlock = lockForProcess(path)
  const error = t.throws(() => lockForProcess(path), { instanceOf: LockedByProcess })
  t.is(error.holder, `process ${process.pid}`)
  unlock()
  lockForProcess(path)()
  t.deepEqual(
    readdirSync(join(path, '..')),
    ['thing.lock'],
    'no process removes a file that another one may have locked',
  )
})

test('of several that find the holder dead, exactly one gets the lock', async (t) => {
  const path = newPath(t)
  const [holder] = await contenders(t, path, 1)
  holder!.go()
  t.is(await holder!.says(), 'got')
  for (let round = 0; round < 5; round++) {
    const all = await contenders(t, path, 6)
    if (round === 0) await holder!.kill()
    for (const contender of all) contender.go()
    const answers = await Promise.all(all.map((contender) => contender.says()))
    t.is(answers.filter((answer) => answer === 'got').length, 1, answers.join(' '))
    t.is(answers.filter((answer) => answer === 'refused').length, 5, answers.join(' '))
    await Promise.all(all.map((contender) => contender.kill()))
  }
})

test('what is written in the file, and what was left beside it, blocks no process', (t) => {
  const path = newPath(t)
  writeFileSync(`${path}.lock`, `${process.pid} 1@another-run-of-the-system`)
  writeFileSync(`${path}.lock.takeover`, `${process.pid}`)
  lockForProcess(path)()
  t.pass()
})

test('a lock also holds against processes that cannot see its holder', async (t) => {
  const path = newPath(t)
  const [holder] = await contenders(t, path, 1)
  holder!.go()
  t.is(await holder!.says(), 'got')
  // What the file says in another container: a number that no process has here.
  writeFileSync(`${path}.lock`, JSON.stringify({ pid: 4_194_305, host: hostname(), space: 'pid:[1]' }))
  const error = t.throws(() => lockForProcess(path), { instanceOf: LockedByProcess })
  t.is(error.holder, 'process 4194305 of another container')
  writeFileSync(`${path}.lock`, '')
  t.is(t.throws(() => lockForProcess(path), { instanceOf: LockedByProcess }).holder, 'another process')
  await holder!.kill()
  lockForProcess(path)()
})

test('a file that is removed and made anew is locked, not the one that is gone', (t) => {
  const path = newPath(t)
  const unlock = lockForProcess(path)
  rmSync(`${path}.lock`)
  const unlockAgain = lockForProcess(path)
  unlock()
  t.throws(() => lockForProcess(path), { instanceOf: LockedByProcess })
  unlockAgain()
})
