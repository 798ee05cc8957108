/** Secrets that are in no command line: from files, and which source wins. */
import test, { type ExecutionContext } from 'ava'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliFailure } from '#dist/failure/cli-failure.js'
import { secretText } from '@jwp/protocol/options'
import { freePorts } from '@jwp/transport'
import { givenSecret } from '#dist/secrets/given-secret.js'
import { readSecretFile } from '#dist/secrets/secret-file.js'
import { JwpSession } from './support/jwp-session.js'

function fileWith(t: ExecutionContext, text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'jwp-secret-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'secret')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

test('the first line of a file is the secret, whatever ends it', (t) => {
  t.is(readSecretFile(fileWith(t, 'aaa')), 'aaa')
  t.is(readSecretFile(fileWith(t, 'aaa\nnotes')), 'aaa')
  t.is(readSecretFile(fileWith(t, 'aaa\r\nnotes')), 'aaa')
  t.is(readSecretFile(fileWith(t, ' spaces count \n', 0o400)), ' spaces count ')
})

test('a file that others may read or change keeps no secret', (t) => {
  for (const mode of [0o640, 0o604, 0o620, 0o660, 0o644]) {
    const failure = t.throws(() => readSecretFile(fileWith(t, 'aaa\n', mode)), { instanceOf: CliFailure })
    t.regex(failure.message, new RegExp(`others on this machine may read or change .*${mode.toString(8)}`))
    t.regex(failure.advice!, /^chmod 600 /)
    t.is(failure.exitCode, 2)
  }
})

test('what is no file with a secret says so', (t) => {
  t.throws(() => readSecretFile(fileWith(t, '')), { message: /no secret in its first line/ })
  t.throws(() => readSecretFile(fileWith(t, '\nsecond')), { message: /no secret in its first line/ })
  t.throws(() => readSecretFile(fileWith(t, 'x'.repeat(5_000))), { message: /too long for a secret/ })
  t.throws(() => readSecretFile('/nowhere/at/all'), { message: /cannot be read: .*ENOENT/ })
})

test('a flag wins over a file, and a file over the environment', (t) => {
  const file = fileWith(t, 'from the file\n')
  const variable = 'JWP_TEST_OF_SOURCES'
  const option = {
    flag: 's',
    file: 'secret-file',
    env: variable,
    kind: secretText('<secret>'),
    help: 'Secret',
  }
  const given = (flag: string | undefined, path: string | undefined): string | undefined =>
    givenSecret(option, { s: flag, 'secret-file': path })
  process.env[variable] = 'from the environment'
  t.teardown(() => delete process.env[variable])
  t.is(given('typed', file), 'typed')
  t.is(given(undefined, file), 'from the file')
  t.is(given('', undefined), 'from the environment')
  process.env[variable] = ''
  t.is(given(undefined, undefined), undefined)
})

test.serial('servers, tree and client take their secrets from files', async (t) => {
  const jwp = new JwpSession()
  t.teardown(() => jwp.close())
  const [first, second] = await freePorts(2)
  const own = fileWith(t, 'aaa\n')
  await jwp.startUntil(`server -lp ${first} --secret-file ${own} --no-balance`, /root of the tree/, {
    JWP_SECRET: 'not this one',
  })
  const wrong = fileWith(t, 'bbb\n')
  const refused = await jwp.run(`server -lp ${second} -rp ${first} --parent-secret-file ${wrong}`)
  t.is(refused.exitCode, 4)
  const open = fileWith(t, 'aaa\n', 0o644)
  const unsafe = await jwp.run(`server -lp ${second} -rp ${first} --parent-secret-file ${open}`)
  t.is(unsafe.exitCode, 2)
  t.regex(unsafe.stderr, /error: others on this machine may read/)
  await jwp.startUntil(`server -lp ${second} -rp ${first} --parent-secret-file ${own}`, /attached to/)

  const tree = await jwp.run(`tree localhost:${first} --secret-file ${own}`)
  t.regex(tree.stdout, /^2 servers/)

  const user = fileWith(t, 'a secret of a user\n')
  const unknown = await jwp.run(`client -rp ${first} -u aaron --secret-file ${user}`)
  t.is(unknown.exitCode, 4, unknown.stderr)
  const registered = await jwp.run(`client -rp ${first} -u aaron`, { JWP_SECRET: 'of a server' }, '{"n":1}\n')
  const made = /secret (\S+)/.exec(registered.stderr)?.[1]
  t.is(registered.exitCode, 0, registered.stderr)
  const known = await jwp.run(
    `client -rp ${second} -u aaron --secret-file ${fileWith(t, `${made}\n`)}`,
    {},
    '{"n":2}\n',
  )
  t.is(known.exitCode, 0, known.stderr)
})
