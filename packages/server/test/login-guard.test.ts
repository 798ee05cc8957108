/** Guessing secrets is slow from one address, and costs others nothing. */
import { asClientId, asSessionToken, type ClientId } from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { addressGroup } from '@jwp/transport'
import test from 'ava'
import { CoreAtHand } from './support/core-at-hand.js'

const home = '192.0.2.1'
const elsewhere = '192.0.2.2'

/** A root where `ann` is registered, and who else is said; the test answers for the hashing. */
class Guarded {
  readonly server = new CoreAtHand({ limits: { failedLoginsPerMinute: 10, decidingPerAddress: 3 } })
  #next = 100

  constructor() {
    this.server.turn({ type: 'start' })
    this.register('ann')
  }

  register(username: string): void {
    const client = this.connect(home)
    const [job] = this.#jobs(this.say(client, { command: 'REGISTER', username, secret: 'right' }))
    this.server.turn({ type: 'secret-hashed', job: job!, salt: '00', verifier: '11' })
    this.#logged()
    this.server.turn({ type: 'client-closed', client })
  }

  connect(remoteHost: string): ClientId {
    const client = asClientId(this.#next++)
    const freshToken = asSessionToken(String(client).padStart(32, '0'))
    this.server.turn({
      type: 'client-opened',
      client,
      freshToken,
      remoteHost,
      addressGroup: addressGroup(remoteHost),
      dialect: 'lines',
    })
    return client
  }

  say(client: ClientId, value: object): ServerEffect[] {
    return this.server.turn({ type: 'client-line', client, value })
  }

  /** Begins a login on a connection of its own; returns the job of hashing that it costs, if any. */
  begin(remoteHost: string, username = 'ann'): number | undefined {
    const client = this.connect(remoteHost)
    return this.#jobs(this.say(client, { command: 'LOGIN', username, secret: 'x' }))[0]
  }

  /** The words of the answer to one login. */
  logIn(remoteHost: string, ok: boolean, username = 'ann'): string {
    const job = this.begin(remoteHost, username)
    if (job === undefined) return this.answer
    this.server.turn({ type: 'secret-checked', job, ok })
    if (!ok) return this.answer
    return this.#logged()
  }

  /** The clock and the disk do what they are asked; returns the last words of an answer. */
  #logged(): string {
    this.server.grant()
    const { answer } = this
    this.server.stored()
    return this.answer === '' ? answer : this.answer
  }

  get answer(): string {
    const told = this.server.effects.findLast((effect) => effect.type === 'send-to-client')
    return told?.type === 'send-to-client' ? String((told.command as { info?: string }).info) : ''
  }

  #jobs(effects: readonly ServerEffect[]): number[] {
    return effects.flatMap((effect) =>
      effect.type === 'hash-secret' || effect.type === 'check-secret' ? [effect.job] : [],
    )
  }
}

test('after too many failures an address waits, and is told how long; others do not', (t) => {
  const guarded = new Guarded()
  for (let i = 0; i < 10; i++) t.is(guarded.logIn(home, false), 'wrong secret for ann')
  t.regex(
    guarded.logIn(home, true),
    /^not decided: too many failed logins as ann from 192\.0\.2\.1 \(10 a minute at most\), try again in 6 s$/,
  )
  t.is(guarded.begin(home), undefined, 'it costs no hash')
  t.is(guarded.logIn(elsewhere, true), 'logged in as user ann')
  guarded.server.pass(6_100)
  t.is(guarded.logIn(home, false), 'wrong secret for ann', 'one a turn of the bucket')
  t.regex(guarded.logIn(home, true), /too many failed/)
  guarded.server.pass(60_000)
  for (let i = 0; i < 10; i++) t.is(guarded.logIn(home, false), 'wrong secret for ann')
})

test('who fails keeps only those waiting who have the same name', (t) => {
  const guarded = new Guarded()
  guarded.register('bob')
  for (let i = 0; i < 10; i++) guarded.logIn(home, false)
  t.regex(guarded.logIn(home, true), /too many failed logins as ann/)
  t.is(guarded.logIn(home, true, 'bob'), 'logged in as user bob')
})

test('an address that has failed with many names still lets in whoever is right', (t) => {
  const guarded = new Guarded()
  const names = Array.from({ length: 11 }, (_, i) => `guest${i}`)
  const others = Array.from({ length: 5 }, (_, i) => `other${i}`)
  for (const name of [...names, ...others, 'bob']) guarded.register(name)
  for (const name of names) for (let i = 0; i < 9; i++) guarded.logIn(home, false, name)
  t.is(guarded.logIn(home, false), 'wrong secret for ann', 'the hundredth')
  t.regex(
    guarded.logIn(home, true),
    /^not decided: too many failed logins from 192\.0\.2\.1 \(100 a minute at most\), try again in 1 s$/,
    'one that has failed',
  )
  t.is(guarded.logIn(home, true, 'bob'), 'logged in as user bob')
  // Their failures count all the same.
  for (const name of others) t.is(guarded.logIn(home, false, name), `wrong secret for ${name}`)
  // While somebody is undecided, no name is asked for that nobody knows.
  t.not(guarded.begin(home, 'bob'), undefined)
  t.is(guarded.begin(home, 'nobody'), undefined)
  t.regex(guarded.answer, /^not decided: too many failed logins from 192\.0\.2\.1 /)
  t.not(guarded.begin(home, 'bob'), undefined, 'those that are known are')
  t.is(guarded.logIn(elsewhere, true), 'logged in as user ann')
})

test('who is right is not counted', (t) => {
  const guarded = new Guarded()
  for (let i = 0; i < 50; i++) t.is(guarded.logIn(home, true), 'logged in as user ann')
})

test('one address has only so many logins undecided at once', (t) => {
  const guarded = new Guarded()
  const jobs = [1, 2, 3].map(() => guarded.begin(home))
  t.true(jobs.every((job) => job !== undefined))
  t.is(guarded.begin(home), undefined)
  t.is(guarded.answer, 'not decided: too many logins from 192.0.2.1 at once (3 at most), try again')
  const client = guarded.connect(home)
  guarded.say(client, { command: 'REGISTER', username: 'bob', secret: 'x' })
  t.is(
    guarded.answer,
    'bob was not registered: too many logins from 192.0.2.1 at once (3 at most), try again',
  )
  t.not(guarded.begin(elsewhere), undefined)
  guarded.server.turn({ type: 'secret-checked', job: jobs[0]!, ok: false })
  t.not(guarded.begin(home), undefined, 'a place is free again')
})

test('whoever has many IPv6 addresses of one network is one', (t) => {
  const same = [
    '2001:db8::1',
    '2001:db8::2',
    '2001:0db8:0:0:ffff::',
    '2001:DB8:0:0:1:2:3:4',
    '2001:db8::1%eth0',
  ]
  t.deepEqual([...new Set(same.map(addressGroup))], ['2001:db8:0:0::/64'])
  t.not(addressGroup('2001:db8:0:1::1'), addressGroup('2001:db8::1'))
  t.is(addressGroup('::1'), '0:0:0:0::/64')
  t.is(addressGroup('::ffff:192.0.2.1'), '192.0.2.1')
  t.is(addressGroup('192.0.2.1'), '192.0.2.1')

  const guarded = new Guarded()
  for (let i = 0; i < 10; i++) guarded.logIn(`2001:db8::${i}`, false)
  t.regex(guarded.logIn('2001:db8::ffff', true), /too many failed/)
})
