/**
 * A user who asks for TLS where there is none, or for none where there is, or gives the wrong CA or name, is told
 * which flag helps.
 */
import test, { type ExecutionContext } from 'ava'
import { TestAuthority, type CertificateFiles } from '#certificates'
import { RealNetwork } from '../support/real-network.js'

const ours = new TestAuthority('ours')
const others = new TestAuthority('others')
test.after.always(() => {
  ours.end()
  others.end()
})

const flagsOf = ({ cert, key, ca }: CertificateFiles): string =>
  `--tls-cert ${cert} --tls-key ${key} --tls-ca ${ca}`
const [good, elsewhere] = [ours.issue(), ours.issue({ names: 'DNS:elsewhere.example' })]
const foreign = others.issue()

interface Ended {
  readonly exitCode: number | null
  readonly printed: string
}

/** A command that ends by itself. */
async function run(network: RealNetwork, line: string, input = ''): Promise<Ended> {
  const command = network.start('', 0, line.split(' '), { NO_COLOR: '1' })
  command.child.stdin!.end(input)
  const exitCode = await command.ended
  return { exitCode, printed: command.printed() }
}

type Place = 'plain' | 'tls' | 'named' | 'clock'

/** A plain server and its clock, one with TLS, and one whose certificate names another host. */
async function start(t: ExecutionContext): Promise<{ network: RealNetwork; ports: Record<Place, number> }> {
  const network = new RealNetwork(t)
  const clock = await network.startClock()
  const plain = await network.startServer('a')
  network.authority = { issue: () => good }
  const tls = await network.startServer('b')
  network.authority = { issue: () => elsewhere }
  const named = await network.startServer('c')
  return { network, ports: { clock: clock.port, plain: plain.port, tls: tls.port, named: named.port } }
}

interface Case {
  readonly name: string
  /** `PORT` stands for the port of `at`. */
  readonly line: string
  readonly at: Place
  readonly exitCode: number
  readonly says: RegExp
  readonly advises: RegExp
}

const toClient = /^try: --tls-ca <file> with the CA of that network, or --tls if this system trusts it$/
const cases: readonly Case[] = [
  {
    name: 'a TLS server asked in plain by a client',
    line: 'client -rp PORT',
    at: 'tls',
    exitCode: 4,
    says: /^error: this server speaks TLS only: connect with TLS$/,
    advises: toClient,
  },
  {
    name: 'the same by one that registers',
    line: 'client -rp PORT -u ann',
    at: 'tls',
    exitCode: 4,
    says: /^error: this server speaks TLS only: connect with TLS$/,
    advises: toClient,
  },
  {
    name: 'the same by one that logs in',
    line: 'client -rp PORT -u ann -s secret',
    at: 'tls',
    exitCode: 4,
    says: /^error: this server speaks TLS only: connect with TLS$/,
    advises: toClient,
  },
  {
    name: 'the same by jwp tree',
    line: 'tree localhost:PORT -s aaa',
    at: 'tls',
    exitCode: 4,
    says: /refused: this server speaks TLS only: connect with TLS$/,
    advises: /^try: --tls-cert, --tls-key and --tls-ca, as for a server of that network$/,
  },
  {
    name: 'a plain server asked with TLS by a client',
    line: 'client -rp PORT --tls',
    at: 'plain',
    exitCode: 5,
    says: /^error: the TLS handshake failed \(.+\) with what listens at localhost:\d+$/,
    advises: /^try: without --tls and --tls-ca, if that network speaks no TLS$/,
  },
  {
    name: 'a plain clock asked with TLS by a client',
    line: `client -rp PORT --tls-ca ${ours.ca}`,
    at: 'clock',
    exitCode: 5,
    says: /^error: the TLS handshake failed/,
    advises: /^try: without --tls and --tls-ca/,
  },
  {
    name: 'a plain server asked with TLS by jwp tree',
    line: `tree localhost:PORT -s aaa ${flagsOf(good)}`,
    at: 'plain',
    exitCode: 5,
    says: /^error: the TLS handshake failed/,
    advises: /^try: without --tls-cert, --tls-key and --tls-ca, if that network speaks no TLS$/,
  },
  {
    name: 'an authority that the system does not know',
    line: 'client -rp PORT --tls',
    at: 'tls',
    exitCode: 5,
    says: /cannot be trusted: its certificate is signed by no CA that this side trusts$/,
    advises: /^try: --tls-ca <file> with the CA of that network$/,
  },
  {
    name: 'the wrong authority, said by a client',
    line: `client -rp PORT --tls-ca ${others.ca}`,
    at: 'tls',
    exitCode: 5,
    says: /cannot be trusted: its certificate is signed by no CA that this side trusts$/,
    advises: /^try: --tls-ca <file> with the CA of that network$/,
  },
  {
    name: 'the wrong authority, said by jwp tree',
    line: `tree localhost:PORT -s aaa ${flagsOf(foreign)}`,
    at: 'tls',
    exitCode: 5,
    says: /cannot be trusted: its certificate is signed by no CA that this side trusts$/,
    advises: /^try: --tls-ca <file> with the CA of that network, and a certificate that it signed/,
  },
  {
    name: 'a certificate of another authority, shown by jwp tree',
    line: `tree localhost:PORT -s aaa ${flagsOf({ ...foreign, ca: ours.ca })}`,
    at: 'tls',
    exitCode: 4,
    says: /refused: your certificate is not signed by the CA of this network$/,
    advises: /^try: --tls-cert, --tls-key and --tls-ca, as for a server of that network$/,
  },
  {
    name: 'a certificate for another host, seen by a client',
    line: `client -rp PORT --tls-ca ${ours.ca}`,
    at: 'named',
    exitCode: 5,
    says: /cannot be trusted: its certificate is for another host: DNS:elsewhere\.example$/,
    advises: /^try: -rh <host> with a name of its certificate$/,
  },
]

test('every mistake with TLS has a hint of its own, and what the hints say helps', async (t) => {
  const { network, ports } = await start(t)
  for (const { name, line, at, exitCode, says, advises } of cases) {
    const ended = await run(network, line.replace('PORT', String(ports[at])))
    t.is(ended.exitCode, exitCode, name)
    const [error, advice, ...rest] = ended.printed.trimEnd().split('\n')
    t.regex(error ?? '', says, name)
    t.regex(advice ?? '', advises, name)
    t.deepEqual(rest, [], name)
  }
  const published = await run(network, `client -rp ${ports.tls} --tls-ca ${ours.ca}`, '{"text":"hello"}\n')
  t.is(published.exitCode, 0, published.printed)
  t.regex(published.printed, /"text":"hello"/)
  // Between servers, and for who shows a certificate like one, the host's name does not count.
  for (const port of [ports.tls, ports.named]) {
    const letters = port === ports.tls ? 'bbb' : 'ccc'
    const tree = await run(network, `tree localhost:${port} -s ${letters} ${flagsOf(good)}`)
    t.is(tree.exitCode, 0, tree.printed)
  }
})

test('a name that is taken, or cannot be, and a secret that is wrong: each has its own hint', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a')
  const client = (flags: string): Promise<Ended> => run(network, `client -rp ${port} ${flags}`)
  const registered = await client('-u aaron')
  t.regex(registered.printed, /^registered aaron with the secret \S+\n$/)
  const taken = await client('-u aaron')
  t.is(taken.exitCode, 4)
  t.is(
    taken.printed,
    'error: aaron is already registered with the system\ntry: -u aaron -s <secret>, if aaron is you; another name (-u) if not\n',
  )
  const wrong = await client('-u aaron -s nonsense')
  t.is(wrong.exitCode, 4)
  t.regex(
    wrong.printed,
    /^error: wrong secret for aaron\ntry: -s with the secret .*; another name \(-u\) if it is not yours\n$/,
  )
  const impossible = await client('-u p\u0430ypal')
  t.is(impossible.exitCode, 4)
  t.regex(impossible.printed, /cannot be registered.*\ntry: another name \(-u\)\n$/)
  const unknown = await client('-u p\u0430ypal -s nonsense')
  t.regex(
    unknown.printed,
    /is not registered, and cannot be registered.*\ntry: the name as it was registered \(-u\)\n$/,
  )
  const impostor = await client('-u zoe -s nonsense')
  t.regex(
    impostor.printed,
    /^error: zoe is not registered\ntry: .*-u zoe and no secret, which registers the name/,
  )
})
