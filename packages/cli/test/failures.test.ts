/** Every failure that a user can cause ends with one sentence, advice, and the documented number. */
import test from 'ava'
import { runJwp } from './support/run-jwp.js'

const table: readonly {
  readonly typed: string
  readonly exitCode: number
  readonly says: RegExp
  readonly advises: RegExp
}[] = [
  { typed: 'server', exitCode: 2, says: /Missing required flag -lp/, advises: /jwp server --help/ },
  {
    typed: 'server -lp abc',
    exitCode: 2,
    says: /-lp: a port is a number from 1 to 65535, not "abc"/,
    advises: /jwp server --help/,
  },
  { typed: 'server -lp 70000', exitCode: 2, says: /not "70000"/, advises: /jwp server --help/ },
  { typed: 'server -lp 3781 --clock nowhere', exitCode: 2, says: /expected host:port/, advises: /--help/ },
  { typed: 'server -lp 3781 -nonsense', exitCode: 2, says: /-n/, advises: /jwp server --help/ },
  { typed: 'server -lp 3781 --data-sync maybe --data x', exitCode: 2, says: /on, off/, advises: /--help/ },
  {
    typed: 'server -lp 3781 --retention-age soon',
    exitCode: 2,
    says: /an amount such as 90s, 10min, 2h/,
    advises: /jwp server --help/,
  },
  {
    typed: 'server -lp 3781 --retention-bytes 10stones',
    exitCode: 2,
    says: /an amount such as 256MiB/,
    advises: /--help/,
  },
  { typed: 'server -lp 3781 --data-sync off', exitCode: 2, says: /--data/, advises: /--help/ },
  {
    typed: 'server -lp 3781 --clock a:1,b',
    exitCode: 2,
    says: /expected host:port, such as localhost:3781, not "b"/,
    advises: /--help/,
  },
  {
    typed: 'clock --peers 127.0.0.1:2379',
    exitCode: 2,
    says: /--peers: expected an address such as http:\/\/127.0.0.1:2379, not "127/,
    advises: /jwp clock --help/,
  },
  { typed: 'clock --peers http://a,ftp://b', exitCode: 2, says: /not "ftp:\/\/b"/, advises: /--help/ },
  { typed: 'clock --peers http://a/b', exitCode: 2, says: /not "http:\/\/a\/b"/, advises: /--help/ },
  {
    typed: 'clock --peers http://ann:pass@a',
    exitCode: 2,
    says: /a user or a password in it is not supported/,
    advises: /--help/,
  },
  { typed: 'clock --peers http://a --data x', exitCode: 2, says: /--data/, advises: /--help/ },
  { typed: 'clock --lease 1s', exitCode: 2, says: /--peers/, advises: /--help/ },
  { typed: 'clock --peers http://a --lease 50ms', exitCode: 2, says: /200 to 60000 ms/, advises: /--help/ },
  { typed: 'clock --data here --file there', exitCode: 2, says: /--data/, advises: /jwp clock --help/ },
  // What belongs to one server cannot be said to all that it starts.
  { typed: 'up --name x', exitCode: 2, says: /Nonexistent flag: --name/, advises: /jwp up --help/ },
  {
    typed: 'up --max-clients 1 --autoscale --autoscale-command x',
    exitCode: 2,
    says: /Nonexistent flag: --autoscale-command/,
    advises: /jwp up --help/,
  },
  { typed: 'up --autoscale', exitCode: 2, says: /--max-clients/, advises: /jwp up --help/ },
  { typed: 'up --tls-cert x', exitCode: 2, says: /--tls-key/, advises: /jwp up --help/ },
  { typed: 'up --data-sync off', exitCode: 2, says: /--data/, advises: /jwp up --help/ },
  { typed: 'client', exitCode: 2, says: /Missing required flag -rp/, advises: /jwp client --help/ },
  { typed: 'client -rp 3781 -s secret', exitCode: 2, says: /-u/, advises: /--help/ },
  { typed: 'up --servers 0', exitCode: 2, says: /at least 1/, advises: /jwp up --help/ },
  { typed: 'sim --seed 1 --seeds 2', exitCode: 2, says: /seeds/, advises: /jwp sim --help/ },
  {
    typed: 'help servre',
    exitCode: 2,
    says: /servre not found/,
    advises: /did you mean server\? jwp --help/,
  },
  {
    typed: 'server -lp 3781 -lh a/b',
    exitCode: 2,
    says: /-lh: a host name or an IP address/,
    advises: /--help/,
  },
  {
    typed: 'server -lp 3781 --bind [::1]',
    exitCode: 2,
    says: /without port and brackets/,
    advises: /--help/,
  },
  { typed: 'server -lp 3781 --clock a/b:1', exitCode: 2, says: /expected host:port/, advises: /--help/ },
  { typed: 'server -lp 3781 --bind 192.0.2.1', exitCode: 3, says: /192.0.2.1/, advises: /\(--bind, -lp\)/ },
  {
    typed: `server -lp 3781 --name ${'n'.repeat(257)}`,
    exitCode: 2,
    says: /--name: a text of at most 256 characters was expected, not "n{59}…/,
    advises: /--help/,
  },
  {
    typed: `server -lp 3781 -ms ${'s'.repeat(1_025)}`,
    exitCode: 2,
    says: /-ms: a text of at most 1024 characters was expected$/m,
    advises: /--help/,
  },
  {
    typed: 'up --servers 1000',
    exitCode: 2,
    says: /--servers: 1 to 100 servers, not 1000/,
    advises: /jwp up --help/,
  },
  { typed: 'servre', exitCode: 2, says: /servre not found/, advises: /did you mean server\? jwp --help/ },
  { typed: 'nonsense', exitCode: 2, says: /nonsense not found/, advises: /^try: jwp --help$/ },
  {
    typed: 'server -lp 3781 --max-childern 3',
    exitCode: 2,
    says: /Nonexistent flag: --max-childern/,
    advises: /did you mean --max-children\? jwp server --help/,
  },
  { typed: 'client -pr 3781', exitCode: 2, says: /Nonexistent flag/, advises: /jwp client --help/ },
]

for (const { typed, exitCode, says, advises } of table) {
  test(`jwp ${typed}`, async (t) => {
    const ended = await runJwp(typed.split(' '))
    t.is(ended.exitCode, exitCode)
    t.is(ended.stdout, '')
    const [error, advice, ...rest] = ended.stderr.trimEnd().split('\n')
    t.regex(error ?? '', /^error: /)
    t.regex(error ?? '', says)
    t.regex(advice ?? '', /^try: /)
    t.regex(advice ?? '', advises)
    t.deepEqual(rest, [], 'two lines and no stack trace')
  })
}

for (const command of ['server', 'clock', 'client', 'tree', 'up', 'demo', 'sim']) {
  test(`jwp ${command} --help shows examples and exit codes`, async (t) => {
    const ended = await runJwp([command, '--help'])
    t.is(ended.exitCode, 0)
    t.regex(ended.stdout, /\nEXAMPLES\n/)
    t.regex(ended.stdout, /Exit codes: 0/)
    t.regex(ended.stdout, new RegExp(`jwp ${command}`))
  })
}

test('an autoscale command that would do nothing is refused', async (t) => {
  const ended = await runJwp([
    'server',
    '-lp',
    '3781',
    '--max-clients',
    '1',
    '--autoscale',
    '--autoscale-command',
    ' ',
  ])
  t.is(ended.exitCode, 2)
  t.regex(ended.stderr, /^error: --autoscale-command: a command is needed\ntry: jwp server --help\n$/)
})

test('what a secret file stands for does not depend on where --help sorts it', async (t) => {
  const { stdout } = await runJwp(['server', '--help'])
  t.regex(stdout, /--parent-secret-file=<file>\s+The secret of -s,/)
  t.regex(stdout, /--secret-file=<file>\s+The secret of -ms,/)
})

test('jwp help, jwp help COMMAND and jwp version are what they are elsewhere', async (t) => {
  const [help, ofServer, version] = await Promise.all([
    runJwp(['help']),
    runJwp(['help', 'server']),
    runJwp(['version']),
  ])
  t.deepEqual([help.exitCode, ofServer.exitCode, version.exitCode], [0, 0, 0])
  t.regex(help.stdout, /^ {2}server /m)
  t.regex(ofServer.stdout, /Exit codes: 0/)
  t.regex(version.stdout, /\d+\.\d+\.\d+/)
})

test('jwp alone lists the commands', async (t) => {
  const ended = await runJwp([])
  t.is(ended.exitCode, 0)
  for (const command of ['server', 'clock', 'client', 'tree', 'up', 'demo', 'sim']) {
    t.regex(ended.stdout, new RegExp(`^  ${command} `, 'm'))
  }
})
