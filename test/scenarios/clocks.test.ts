/** Several clocks over a real etcd: whatever happens to them, timestamps come once and rise, and nothing is lost. */
import { eventually, freePort } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { Audience } from '../support/audience.js'
import { ClockGroup } from '../support/clock-group.js'
import { EtcdProcess } from '../support/etcd-process.js'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'
import { TimestampHunter } from '../support/timestamp-hunter.js'

async function startEtcd(t: ExecutionContext): Promise<EtcdProcess> {
  const etcd = await EtcdProcess.start()
  t.teardown(() => etcd.end())
  return etcd
}

async function put(etcd: EtcdProcess, text: string): Promise<void> {
  const [key, value] = ['jwp/clock', text].map((each) => Buffer.from(each).toString('base64'))
  await fetch(`${etcd.url}/v3/kv/put`, { method: 'POST', body: JSON.stringify({ key, value }) })
}

interface Stage {
  readonly network: RealNetwork
  readonly clocks: ClockGroup
  readonly audience: Audience
  readonly hunter: TimestampHunter
}

/** Three clocks, three servers, a client at each that publishes all the time, and a program that asks all clocks. */
async function busyNetwork(t: ExecutionContext, etcd: EtcdProcess): Promise<Stage> {
  const network = new RealNetwork(t)
  const clocks = await ClockGroup.start(network, etcd.url, 3)
  await network.startServer('a')
  // They learn all three from their parent: this one is nothing.
  network.clockPlaces = undefined
  await Promise.all([network.startServer('b', 'a'), network.startServer('c', 'a')])
  const hunter = new TimestampHunter(
    t,
    clocks.names.map((name) => clocks.port(name)),
  )
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  await audience.publishSteadily()
  await untilMode(network, 'a', 'clock')
  return { network, clocks, audience, hunter }
}

const untilMode = (network: RealNetwork, letter: string, wanted: string): Promise<true> =>
  eventually(`the root's time is ${wanted}`, async () =>
    (await network.status(letter))?.clock.mode === wanted ? true : undefined,
  )

/** The root asks this clock, and is served. */
const untilServedBy = (stage: Stage, root: string, name: string): Promise<true> =>
  eventually(`the root is served by ${name}`, async () => {
    const clock = (await stage.network.status(root))?.clock
    return clock?.mode === 'clock' && clock.port === stage.clocks.port(name) ? true : undefined
  })

async function judge(t: ExecutionContext, { audience, hunter }: Stage): Promise<void> {
  await audience.untilAcknowledged(20)
  const { length } = hunter.grants
  await eventually(
    'the program that asks all clocks gets more',
    () => hunter.grants.length > length + 100 || undefined,
  )
  t.deepEqual(hunter.judge(), [])
  await audience.judge()
}

const untilHealth = (port: number, wanted: number): Promise<true> =>
  eventually(`/healthz of ${port} answers ${wanted}`, async () => {
    try {
      return (await healthOf(port)) === wanted || undefined
    } catch {
      return undefined
    }
  })

const healthOf = async (port: number): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}/healthz`)).status

test.serial(
  'kill -9 of the clock that leads: another one does, and the root finds it by itself',
  async (t) => {
    const stage = await busyNetwork(t, await startEtcd(t))
    const { clocks, audience } = stage
    for (let round = 0; round < 3; round++) {
      const leader = await clocks.untilLed()
      await untilServedBy(stage, 'a', leader)
      await clocks.kill(leader)
      const next = await clocks.untilLed(clocks.others(leader))
      await untilServedBy(stage, 'a', next)
      await audience.untilAcknowledged(20)
      await clocks.start(leader)
    }
    await judge(t, stage)
  },
)

test.serial('a leader that is stopped for longer than its lease leads no more when it goes on', async (t) => {
  const stage = await busyNetwork(t, await startEtcd(t))
  const { clocks } = stage
  for (let round = 0; round < 2; round++) {
    const leader = await clocks.untilLed()
    const { child, port } = clocks.process(leader)
    child.kill('SIGSTOP')
    const next = await clocks.untilLed(clocks.others(leader))
    await untilServedBy(stage, 'a', next)
    child.kill('SIGCONT')
    await eventually(`${leader} stands by`, async () => {
      const status = await clocks.status(leader)
      return status?.isLeader === false && status.leader?.port === clocks.port(next) ? true : undefined
    })
    t.is(await healthOf(port), 200)
    t.is(await clocks.leader(), next)
  }
  await judge(t, stage)
})

test.serial('the root dies and its clock with it: the next root finds the next clock', async (t) => {
  const stage = await busyNetwork(t, await startEtcd(t))
  const { clocks, network } = stage
  const leader = await clocks.untilLed()
  await Promise.all([network.kill('a'), clocks.kill(leader)])
  const root = await network.untilOneTree('b', 'c')
  await untilServedBy(stage, root, await clocks.untilLed(clocks.others(leader)))
  await judge(t, stage)
})

test.serial(
  'etcd is killed: the leader stops when its lease is over, says why, and goes on with etcd',
  async (t) => {
    const etcd = await startEtcd(t)
    const stage = await busyNetwork(t, etcd)
    const { clocks, network, audience } = stage
    for (let round = 0; round < 2; round++) {
      const leader = await clocks.untilLed()
      await etcd.kill()
      await untilMode(network, 'a', 'hybrid')
      for (const name of clocks.names) await untilHealth(clocks.port(name), 503)
      const asked = new LineClient(t, clocks.port(leader))
      t.deepEqual(await asked.ask({ command: 'GET_TIME' }), { command: 'NOT_LEADER' })
      t.regex(clocks.process(leader).printed(), /no longer leads: etcd at http:\S+ does not answer: /)
      await audience.untilAcknowledged(20)
      await etcd.start()
      await clocks.untilLed()
      await untilMode(network, 'a', 'clock')
    }
    await judge(t, stage)
  },
)

test.serial('a leader that is ended in order gives its lease back, and no clock waits for it', async (t) => {
  const etcd = await startEtcd(t)
  const gone = { leader: 'x', place: { host: 'x', port: 1 }, leaseMs: 1_000, ceiling: 1, released: true }
  await put(etcd, JSON.stringify(gone))
  const network = new RealNetwork(t)
  const clocks = new ClockGroup(network, etcd.url, 2)
  // Longer than this test would wait.
  await clocks.start('c1', ['--lease', '60s'])
  await clocks.untilLed(['c1'])
  await clocks.start('c2')
  await untilHealth(clocks.port('c2'), 200)
  const { child, ended } = clocks.process('c1')
  child.kill('SIGTERM')
  t.is(await ended, 0)
  t.is(await clocks.untilLed(['c2']), 'c2')
})

test.serial('a clock that stands by tells any client where the leader is', async (t) => {
  const etcd = await startEtcd(t)
  const clocks = await ClockGroup.start(new RealNetwork(t), etcd.url, 2)
  const leader = await clocks.untilLed()
  const [standby] = clocks.others(leader)
  await untilHealth(clocks.port(standby!), 200)
  const atStandby = new LineClient(t, clocks.port(standby!))
  t.deepEqual(await atStandby.ask({ command: 'GET_TIME' }), {
    command: 'NOT_LEADER',
    hostname: 'localhost',
    port: clocks.port(leader),
  })
  await atStandby.untilClosed()
  const atLeader = new LineClient(t, clocks.port(leader))
  t.regex(String((await atLeader.ask({ command: 'GET_TIME' }))['time']), /^\d{13}$/)
  const metrics = async (name: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${clocks.port(name)}/metrics`)).text()
  t.regex(await metrics(leader), /^jwp_clock_is_leader 1$/m)
  t.regex(await metrics(leader), /^jwp_clock_ceiling \d{15}/m)
  t.regex(await metrics(leader), /^jwp_clock_lease_left_ms [1-9]/m)
  t.regex(await metrics(standby!), /^jwp_clock_is_leader 0$/m)
})

test.serial(
  'etcd is away at the start: the clock says what it waits for, and begins when it is there',
  async (t) => {
    const etcd = await startEtcd(t)
    await etcd.kill()
    const network = new RealNetwork(t)
    const port = await freePort()
    const clock = network.start('clock', port, ['clock', '-lp', String(port), '--peers', etcd.url])
    await eventually(
      'it says so',
      () =>
        /waits for etcd: etcd at http:\S+ does not answer: connect ECONNREFUSED/.test(clock.printed()) ||
        undefined,
    )
    t.is(await healthOf(port), 503)
    t.deepEqual(await new LineClient(t, port).ask({ command: 'GET_TIME' }), { command: 'NOT_LEADER' })
    await etcd.start()
    await untilHealth(port, 200)
    await etcd.kill()
    clock.child.kill('SIGTERM')
    t.is(await clock.ended, 0, 'it ends in order, with or without etcd')
  },
)

test.serial('what was written by no clock is left alone, and no clock leads on top of it', async (t) => {
  const etcd = await startEtcd(t)
  await put(etcd, '{"a":1}')
  const network = new RealNetwork(t)
  const port = await freePort()
  const clock = network.start('clock', port, ['clock', '-lp', String(port), '--peers', etcd.url])
  await eventually(
    'it says so',
    () => /jwp\/clock was written by no clock .*take another --key/.test(clock.printed()) || undefined,
  )
  t.is(await healthOf(port), 503)
  const other = await freePort()
  network.start('other', other, ['clock', '-lp', String(other), '--peers', etcd.url, '--key', 'mine'])
  await untilHealth(other, 200)
})
