/** Folders that are made, and those that cannot be: which is said, and takes no time. */
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { makeFolder } from '@jwp/transport'

function codeOf(t: ExecutionContext, path: string): string | undefined {
  const error = t.throws<NodeJS.ErrnoException>(() => {
    makeFolder(path, 0o700)
  })
  return error.code
}

test('folders are made as deep as need be, with their mode, and nothing happens to those that are there', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'jwp-folder-test-'))
  t.teardown(() => {
    rmSync(base, { recursive: true, force: true })
  })
  for (let time = 0; time < 2; time++) {
    makeFolder(join(base, 'a/b/../b/c'), 0o700)
    t.is(statSync(join(base, 'a/b/c')).mode & 0o777, 0o700)
  }
  symlinkSync(join(base, 'a'), join(base, 'link'))
  makeFolder(join(base, 'link/d'), 0o700)
  t.true(statSync(join(base, 'a/d')).isDirectory())

  writeFileSync(join(base, 'file'), '')
  t.is(codeOf(t, join(base, 'file')), 'ENOTDIR')
  t.is(codeOf(t, join(base, 'file/below')), 'ENOTDIR')
  symlinkSync(join(base, 'nowhere'), join(base, 'dead'))
  t.is(codeOf(t, join(base, 'dead')), 'ENOENT')
})

// Node's mkdirSync with `recursive` never returns from this one.
test('where no folder can be made, the system says so once', (t) => {
  if (process.platform === 'linux') t.is(codeOf(t, '/proc/jwp/x'), 'ENOENT')
  else t.pass()
})
