/** A user who is sent to another server has not gone: no client with presence hears of it. */
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

/** A plain client that goes where it is sent, for as long as it wants to. */
class Follower {
  sent = 0
  isFollowing = true
  readonly #t: ExecutionContext
  readonly #login: object
  client: LineClient | undefined
  port: number | undefined

  constructor(t: ExecutionContext, username: string) {
    this.#t = t
    this.#login = { command: 'LOGIN', username, secret: `${username}'s` }
  }

  async logIn(port: number): Promise<void> {
    this.port = port
    this.client = new LineClient(this.#t, port)
    this.client.say(this.#login)
    await this.client.take('LOGIN_SUCCESS')
  }

  /** Wherever it was sent, it is there. */
  async follow(): Promise<void> {
    const redirect = this.client?.lines.find(({ command }) => command === 'REDIRECT')
    if (redirect === undefined || !this.isFollowing) return
    this.sent++
    await this.logIn(redirect['port'] as number)
  }
}

async function register(t: ExecutionContext, port: number, username: string): Promise<void> {
  const client = new LineClient(t, port)
  client.say({ command: 'REGISTER', username, secret: `${username}'s` })
  await client.take('REGISTER_SUCCESS')
  client.say({ command: 'LOGOUT' })
  await client.untilClosed()
}

test('no client is told that a user has gone who is sent on at the login, or by a server that leaves', async (t) => {
  const network = new RealNetwork(t)
  network.balance = true
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a')
  const [a, b] = [network.server('a').port, network.server('b').port]
  const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay']
  for (const name of [...names, 'zoe']) await register(t, a, name)

  const observer = new LineClient(t, a)
  await observer.ask({ command: 'LOGIN', username: 'anonymous', features: ['presence'] })
  // It is asked whether it is there, and says so unasked.
  const awake = setInterval(() => {
    observer.say({ command: 'PING' })
  }, 1_000)
  t.teardown(() => {
    clearInterval(awake)
  })
  const toldOf = (name: string): unknown[] =>
    observer.lines
      .filter(({ command, username }) => command === 'PRESENCE' && username === name)
      .map(({ online }) => online)
  const untilTold = (name: string, ...changes: boolean[]): Promise<true> =>
    eventually(`the observer is told of ${name}: ${changes.join(', ')}`, () =>
      toldOf(name).join() === changes.join() ? true : undefined,
    )

  const users = names.map((name) => new Follower(t, name))
  const followAll = async (): Promise<void> => {
    for (const user of users) await user.follow()
  }
  for (const user of users) {
    await user.logIn(b)
    await followAll()
  }
  await eventually('some are sent on, and all are spread evenly', async () => {
    await followAll()
    const loads = await Promise.all(
      ['a', 'b'].map(async (letter) => (await network.status(letter))?.clients ?? 0),
    )
    const isEven = Math.abs(loads[0]! - loads[1]!) <= 2 && loads[0]! + loads[1]! === names.length + 1
    return isEven && users.some(({ sent }) => sent > 0) ? true : undefined
  })

  const lazy = users.find(({ port }) => port === b)!
  lazy.isFollowing = false
  network.server('b').child.kill('SIGTERM')
  await eventually('all but one have followed', async () => {
    await followAll()
    return users.every((user) => user === lazy || user.port === a) ? true : undefined
  })

  // What is told later is told after all of that.
  const zoe = new Follower(t, 'zoe')
  await zoe.logIn(a)
  await untilTold('zoe', true)
  for (const [k, name] of names.entries())
    if (users[k] !== lazy)
      t.deepEqual(toldOf(name), [true], `of ${name}, who was sent on ${users[k]!.sent} times`)

  zoe.client!.say({ command: 'LOGOUT' })
  await untilTold('zoe', true, false)
  // Who does not go where it was sent has gone, after a while.
  await untilTold(names[users.indexOf(lazy)]!, true, false)
})
