/**
 * `jwp demo`: six servers, steady traffic, three kills, and an account of every message.
 *
 * Nothing here knows how the network heals. It starts processes, uses the client library as any program would, kills,
 * looks at what the servers report, and compares the clients' notes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { freePorts } from '@jwp/transport'
import { LocalNetwork } from '../network/local-network.js'
import { NetworkWatch } from '../network/network-watch.js'
import { sixServerPlan } from '../network/network-plan.js'
import { endRequests } from '../run/end-request.js'
import { isWhole } from '../tree/network-view.js'
import { AudienceMember } from './audience-member.js'
import { auditDeliveries, type AuditResult } from './delivery-audit.js'
import { isSuccess, type DemoReport, type KillReport } from './demo-report.js'
import { openDemoStage, type DemoStage } from './demo-stage.js'
import { killAndWatch } from './kill-and-watch.js'
import { waitUntil } from '@jwp/transport'

export interface DemoSettings {
  /** Messages a second, of all clients together. */
  readonly perSecond: number
  readonly json: boolean
}

const victims = ['b', 'd', 'a']
const startLimitMs = 30_000
/** Between the last message and the verdict that something did not arrive. */
const drainLimitMs = 30_000

/** @throws CliFailure when a promise was broken, or the network did not come up. */
export async function runDemo(settings: DemoSettings): Promise<void> {
  const startedMs = performance.now()
  const stage = await openDemoStage(settings.json)
  const folder = await mkdtemp(join(tmpdir(), 'jwp-demo-'))
  // One client at each server is shown: only the clients of killed servers move.
  const plan = { ...sixServerPlan(await freePorts(7)), runtimeFolder: folder, serverFlags: ['--no-balance'] }
  const network = new LocalNetwork(plan, {
    onUnexpectedEnd: (label) => stage.say(`server ${label} has ended unexpectedly`),
  })
  const watch = new NetworkWatch(network)
  process.once('exit', () => network.endAtOnce())
  const requests = endRequests(() => stage.say('ending'))
  let isInterrupted = false
  try {
    const story = tellStory(network, watch, stage, settings, startedMs)
    story.catch(() => undefined)
    const ending = await Promise.race([story, requests.first])
    if (typeof ending === 'string') isInterrupted = true
    else {
      stage.report(ending)
      if (!isSuccess(ending)) process.exitCode = exitCodes.failed
    }
  } finally {
    stage.close()
    watch.close()
    await network.end()
    await rm(folder, { recursive: true, force: true })
    requests.ignore()
  }
  // The run continues without its servers, and would wait for them.
  if (isInterrupted) process.exit(exitCodes.interrupted)
}

async function tellStory(
  network: LocalNetwork,
  watch: NetworkWatch,
  stage: DemoStage,
  settings: DemoSettings,
  startedMs: number,
): Promise<DemoReport> {
  stage.say('Starting a clock and six servers, each a process of its own.')
  await network.listening()
  const count = network.plan.servers.length
  await until('the six servers did not become one tree', startLimitMs, async () =>
    isWhole(await watch.look(), count),
  )
  stage.picture(await watch.look())

  const audience = await connectAudience(network, settings.perSecond)
  try {
    stage.watch(watch, audience)
    stage.say(
      `${audience.length} clients, one at each server, publish ${settings.perSecond} messages a second together.`,
    )
    for (const [at, member] of audience.entries()) member.publisher.start(at / audience.length)
    await until('no message arrived', drainLimitMs, () =>
      audience.every((member) => member.receivedCount > 0),
    )
    const kills = await killAll(network, watch, stage, audience)
    for (const member of audience) member.publisher.stop()
    stage.say('Waiting for the last messages, then comparing what each client received.')
    const audit = await auditWhenQuiet(audience)
    return {
      servers: count,
      clients: audience.length,
      perSecond: settings.perSecond,
      kills,
      audit,
      isHealed: await becomesWhole(network, watch),
      durationMs: performance.now() - startedMs,
    }
  } finally {
    for (const member of audience) member.leave()
  }
}

async function killAll(
  network: LocalNetwork,
  watch: NetworkWatch,
  stage: DemoStage,
  audience: readonly AudienceMember[],
): Promise<KillReport[]> {
  const kills: KillReport[] = []
  for (const victim of victims) {
    const { report, view } = await killAndWatch(network, watch, audience, victim, (role) =>
      stage.say(`kill -9 ${victim} (${role})`),
    )
    kills.push(report)
    stage.killed(report)
    stage.picture(view)
  }
  return kills
}

/** All survivors are one tree, or become it while there is patience. How long each healing took was measured before. */
async function becomesWhole(network: LocalNetwork, watch: NetworkWatch): Promise<boolean> {
  const survivors = network.runningServers().length
  const isOne = async (): Promise<boolean> => isWhole(await watch.look(), survivors)
  return (await waitUntil(isOne, { everyMs: 20, limitMs: drainLimitMs })) !== undefined
}

async function connectAudience(network: LocalNetwork, perSecond: number): Promise<AudienceMember[]> {
  const { host, servers } = network.plan
  return Promise.all(
    servers.map(({ name, port }) =>
      AudienceMember.join(`at ${name}`, { hostname: host, port }, perSecond / servers.length),
    ),
  )
}

/** Audits as soon as everything is acknowledged and has arrived, or when it is too late for that. */
async function auditWhenQuiet(audience: readonly AudienceMember[]): Promise<AuditResult> {
  const isComplete = (): boolean => {
    const sent = audience.reduce((sum, { publisher }) => sum + publisher.notes().sent, 0)
    return audience.every((member) => member.publisher.unacknowledged === 0 && member.receivedCount >= sent)
  }
  await waitUntil(isComplete, { everyMs: 20, limitMs: drainLimitMs })
  // Duplicates would come after: give them the chance.
  await sleep(200)
  return auditDeliveries(
    audience.map((member) => member.publisher.notes()),
    audience.map((member) => member.notes()),
  )
}

async function until(
  failure: string,
  limitMs: number,
  question: () => boolean | Promise<boolean>,
): Promise<void> {
  if ((await waitUntil(question, { everyMs: 20, limitMs })) !== undefined) return
  throw new CliFailure(`${failure} within ${limitMs / 1_000} seconds`, {
    advice: 'again when the machine has less to do; if it stays, please report it',
    exitCode: exitCodes.failed,
  })
}
