/** Folders of servers and clocks that are damaged, as people meet them: words, and one command that goes on. */
import test from 'ava'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '@jwp/transport'
import { JwpSession } from './support/jwp-session.js'

test('data that is gone: words and exit code 1; with --set-aside the server joins as new', async (t) => {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [first, second] = await freePorts(2)
  const data = join(jwp.folder, 'data')
  const aside = (): string[] => readdirSync(data).filter((name) => name.startsWith('aside-'))
  await jwp.startUntil(`server -lp ${first} -ms aaa`, /root of the tree/)
  const line = `server -lp ${second} -rp ${first} -s aaa --data ${data}`
  const leave = async (arguments_: string): Promise<string> => {
    const server = await jwp.startUntil(arguments_, /attached to/)
    server.child.kill('SIGTERM')
    const { exitCode, stderr } = await server.ended
    t.is(exitCode, 0)
    return stderr
  }
  await leave(line)
  rmSync(join(data, 'data.mdb'))

  const refused = await jwp.run(line)
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /^error: the data in .* is damaged \(data\.mdb is missing\): .*--set-aside.*\n$/)
  t.deepEqual(aside(), [])

  t.regex(await leave(`${line} --set-aside`), /data\.mdb is missing: what was in .* is in .*aside-/)
  t.is(aside().length, 1)
  t.notRegex(await leave(`${line} --set-aside`), /is missing/)
  t.is(aside().length, 1)
})

test('a clock whose file is missing where one has been says so, and begins anew; an emptied one is refused', async (t) => {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [port] = await freePorts(1)
  const data = join(jwp.folder, 'clock')
  const file = join(data, 'clock.json')
  const line = `clock -lp ${port} --data ${data}`
  const wordsOfALife = async (): Promise<string> => {
    const clock = await jwp.startUntil(line, /listening on port/)
    clock.child.kill('SIGTERM')
    const { exitCode, stderr } = await clock.ended
    t.is(exitCode, 0)
    t.true(existsSync(file))
    return stderr
  }
  t.notRegex(await wordsOfALife(), /is missing/)
  t.notRegex(await wordsOfALife(), /is missing/)
  rmSync(file)
  t.regex(await wordsOfALife(), /! clock .*clock\.json is missing, though a clock was started on it before/)
  t.notRegex(await wordsOfALife(), /is missing/)

  writeFileSync(file, '')
  const refused = await jwp.run(line)
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /^error: the clock's file .*clock\.json cannot be used: it is empty\. Restore it/)
})
