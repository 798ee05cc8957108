/** The machine of a real process sleeps for an hour: time by the log follows the calendar forward, never back, and the log says so. */
import { unixMsOfTimestamp } from '@jwp/protocol'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'
import { SleepingMachine } from '../support/sleeping-machine.js'

const hourMs = 3_600_000
/** How long a busy machine may take between two looks of this test at its time. */
const slackMs = 600_000

/** Publishes at this server, and tells the timestamps that it gets, in Unix milliseconds. */
class Stamps {
  readonly #client: LineClient
  #n = 0
  #lastStamp = 0

  static async at(t: ExecutionContext, { port }: JwpProcess): Promise<Stamps> {
    const client = new LineClient(t, port)
    const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] }
    t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
    return new Stamps(t, client)
  }

  private constructor(
    readonly t: ExecutionContext,
    client: LineClient,
  ) {
    this.#client = client
  }

  async next(): Promise<number> {
    this.#client.say({ command: 'ACTIVITY_MESSAGE', id: ++this.#n, activity: { n: this.#n } })
    const { timestamp } = await this.#client.take('ACTIVITY_BROADCAST')
    this.t.true(Number(timestamp) > this.#lastStamp, 'stamps rise')
    this.#lastStamp = Number(timestamp)
    return unixMsOfTimestamp(this.#lastStamp)
  }
}

const untilSaid = (process: JwpProcess, words: RegExp): Promise<true> =>
  eventually(`${process.letter} says ${words}`, () => words.test(process.printed()) || undefined)

/** By our own calendar, which did not sleep. */
const aheadOfUs = (unixMs: number): number => unixMs - Date.now()
const isAbout = (ms: number, wantedMs: number): boolean => Math.abs(ms - wantedMs) < slackMs

test('a root without a clock: hybrid time goes on an hour later, and does not follow the calendar back', async (t) => {
  const network = new RealNetwork(t)
  const machine = new SleepingMachine(network.folder, 'a')
  const a = await network.startServer('a', undefined, [], { environment: machine.environment })
  const stamps = await Stamps.at(t, a)
  t.true(isAbout(aheadOfUs(await stamps.next()), 0))
  await eventually('its status says so, a tenth of a second later at most', async () =>
    (await network.status('a'))?.clock.mode === 'hybrid' ? true : undefined,
  )

  machine.sleep(a, hourMs)
  await untilSaid(a, /this machine slept for .*hybrid time follows it/)
  const after = aheadOfUs(await stamps.next())
  t.true(isAbout(after, hourMs), String(after))

  machine.sleep(a, -hourMs)
  await untilSaid(a, /this machine's calendar was set back by .*hybrid time goes on as before/)
  const back = aheadOfUs(await stamps.next())
  t.true(isAbout(back, hourMs), String(back))

  // It is only behind what the log shows: nothing is counted twice.
  machine.sleep(a, hourMs)
  await eventually('it says so again', () =>
    [...a.printed().matchAll(/this machine slept for/g)].length === 2 ? true : undefined,
  )
  const again = aheadOfUs(await stamps.next())
  t.true(isAbout(again, hourMs), String(again))
})

test('a process that is only stopped has no sleep to tell of', async (t) => {
  const network = new RealNetwork(t)
  const a = await network.startServer('a')
  const stamps = await Stamps.at(t, a)
  await stamps.next()
  a.child.kill('SIGSTOP')
  const sinceMs = performance.now()
  await eventually('that takes a while', () => performance.now() - sinceMs > 12_000 || undefined)
  a.child.kill('SIGCONT')
  t.true(isAbout(aheadOfUs(await stamps.next()), 0))
  t.notRegex(a.printed(), /this machine slept|calendar was set/)
})

test('a child whose machine sleeps gets the time of the tree, and keeps its parent', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  const machine = new SleepingMachine(network.folder, 'b')
  const b = await network.startServer('b', 'a', [], { environment: machine.environment })
  const stamps = await Stamps.at(t, b)
  await stamps.next()
  machine.sleep(b, hourMs)
  await untilSaid(b, /this machine slept for /)
  t.true(isAbout(aheadOfUs(await stamps.next()), 0))
  await network.untilShape('a b<a')
})

test('the clock: what it grants follows the calendar of its machine forward, and never goes back', async (t) => {
  const network = new RealNetwork(t)
  const machine = new SleepingMachine(network.folder, 'clock')
  const clock = await network.startClock(machine.environment)
  const a = await network.startServer('a')
  const stamps = await Stamps.at(t, a)
  t.true(isAbout(aheadOfUs(await stamps.next()), 0))
  machine.sleep(clock, hourMs)
  await eventually('it grants what its calendar shows', async () =>
    isAbout(aheadOfUs(await stamps.next()), hourMs) ? true : undefined,
  )
  machine.sleep(clock, -hourMs)
  t.true(isAbout(aheadOfUs(await stamps.next()), hourMs))
  t.is((await network.status('a'))!.clock.mode, 'clock')
})
