/**
 * `jwp chaos`: a network of real processes, faults drawn from a seed, and an account of every message.
 *
 * Like the demo it knows nothing of how the network heals: it starts processes behind relays, uses the client library
 * as any program would, breaks things, looks at what the servers report, and compares the clients' notes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AudienceMember } from '../demo/audience-member.js'
import { auditDeliveries, type AuditResult } from '../demo/delivery-audit.js'
import { waitUntil } from '@jwp/transport'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from '../run/end-request.js'
import { heldItsPromises, type ChaosReport, type RoundReport } from './chaos-report.js'
import { spreadClients } from './client-spread.js'
import { openChaosStage, type ChaosStage } from './chaos-stage.js'
import { drawSchedule, type Schedule } from './draw-schedule.js'
import { EventBook } from './event-book.js'
import type { FaultFamily } from './fault.js'
import { FleetWatch } from './fleet-watch.js'
import { Fleet } from './fleet.js'
import { healingFigures, type SingleFault } from './healing-times.js'
import { keepEvidence } from './keep-evidence.js'
import { FreeOrder } from './order-promise.js'
import { PauseMoves } from './pause-moves.js'
import { playRound } from './play-round.js'
import { Scene } from './strike.js'

export interface ChaosSettings {
  readonly seed: number
  readonly seconds: number
  readonly servers: number
  readonly clients: number
  readonly perSecond: number
  readonly families: readonly FaultFamily[]
  readonly data: boolean
  /** Servers move clients to those that have fewer. */
  readonly balance: boolean
  readonly json: boolean
}

const startLimitMs = 30_000
/** Between the last message and the verdict that something did not arrive. */
const drainLimitMs = 30_000

/** Sets the exit code of the process to 1 when a promise was broken. @throws CliFailure when nothing could begin. */
export async function runChaos(settings: ChaosSettings): Promise<void> {
  const stage = await openChaosStage(settings.json)
  const schedule = drawSchedule(settings)
  stage.schedule(schedule, settings.seed)
  const folder = await mkdtemp(join(tmpdir(), 'jwp-chaos-'))
  const book = new EventBook()
  const unexpectedEnds: string[] = []
  const scenes: { current: Scene | undefined } = { current: undefined }
  const fleet = await Fleet.prepare({
    ...schedule,
    folder,
    data: settings.data,
    balance: settings.balance,
    onLine: (name, line) => book.read(name, line, scenes.current?.wasPaused.has(name) ?? false),
    onUnexpectedEnd: (name) => {
      unexpectedEnds.push(name)
      stage.say(`${name} has ended unexpectedly`)
    },
  })
  const watch = new FleetWatch(fleet)
  process.once('exit', () => fleet.endAtOnce())
  const requests = endRequests(() => stage.say('ending'))
  let isInterrupted = false
  try {
    const story = tellStory(settings, schedule, fleet, watch, stage, book, folder, scenes, unexpectedEnds)
    story.catch(() => undefined)
    const ending = await Promise.race([story, requests.first])
    if (typeof ending === 'string') isInterrupted = true
    else {
      stage.report(ending)
      if (!heldItsPromises(ending)) process.exitCode = exitCodes.failed
    }
  } finally {
    stage.close()
    watch.close()
    if (isInterrupted) fleet.endAtOnce()
    else await fleet.end()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    requests.ignore()
  }
  // The run continues without its servers, and would wait for them.
  if (isInterrupted) process.exit(exitCodes.interrupted)
}

async function tellStory(
  settings: ChaosSettings,
  schedule: Schedule,
  fleet: Fleet,
  watch: FleetWatch,
  stage: ChaosStage,
  book: EventBook,
  folder: string,
  scenes: { current: Scene | undefined },
  unexpectedEnds: readonly string[],
): Promise<ChaosReport> {
  stage.say(`starting a clock and ${settings.servers} servers, each behind a relay`)
  if (!fleet.cutsKnowSpeakers)
    stage.say('this system has one loopback address: a cut stops only what others opened to a server')
  await fleet.startAll()
  if ((await waitUntil(() => watch.isWhole(), { everyMs: 20, limitMs: startLimitMs })) === undefined) {
    throw new CliFailure(`the servers did not become one tree within ${startLimitMs / 1_000} seconds`, {
      advice: 'again when the machine has less to do; if it stays, please report it',
      exitCode: exitCodes.failed,
    })
  }
  const audience = await connectAudience(settings, fleet)
  const publishers = audience.map(({ publisher }) => publisher)
  const freeOrder = new FreeOrder(publishers)
  const pauses = new PauseMoves(book)
  const rounds: RoundReport[] = []
  const singles: SingleFault[] = []
  let struckCount = 0
  try {
    stage.watch(watch, audience)
    const startedMs = performance.now()
    for (const [at, publisher] of publishers.entries()) publisher.start(at / publishers.length)
    for (const round of schedule.rounds) {
      await sleep(Math.max(200, round.atMs - (performance.now() - startedMs)))
      await spreadClients(fleet, audience)
      const view = await watch.look()
      const begin = freeOrder.begin()
      scenes.current = new Scene(view)
      const atMs = performance.now() - startedMs
      const played = await playRound(round, fleet, watch, audience, atMs, scenes.current, (words) =>
        stage.say(words),
      )
      const { report, struck } = played
      if (report.orderFreeSince !== undefined) freeOrder.end(begin)
      pauses.count(struck)
      rounds.push(report)
      stage.round(report)
      const happened = struck.filter(({ sparedSince }) => sparedSince === undefined)
      struckCount += happened.length
      if (struck.length === 1 && happened.length === 1)
        singles.push({ fault: happened[0]!.kind, round: report })
      if (report.wholeAfterMs === undefined) break
    }
    const faultsMs = performance.now() - startedMs
    for (const publisher of publishers) publisher.stop()
    stage.say('waiting for the last messages, then comparing what each client received')
    const audit = await auditWhenQuiet(audience, freeOrder)
    const report: ChaosReport = {
      seed: settings.seed,
      servers: settings.servers,
      clients: settings.clients,
      perSecond: settings.perSecond,
      data: settings.data,
      cutsKnowSpeakers: fleet.cutsKnowSpeakers,
      faultsMs,
      struck: struckCount,
      rounds,
      audit,
      withoutOrder: freeOrder.count,
      missed: audience.reduce((sum, member) => sum + member.missed, 0),
      healing: healingFigures(singles),
      pauses: pauses.figures(),
      unexpectedEnds,
      stalls: book.stalls,
    }
    return heldItsPromises(report)
      ? report
      : { ...report, keptIn: await keepEvidence(folder, report, audience) }
  } finally {
    for (const member of audience) member.leave()
  }
}

function connectAudience(settings: ChaosSettings, fleet: Fleet): Promise<AudienceMember[]> {
  return Promise.all(
    Array.from({ length: settings.clients }, (_, at) => {
      const name = fleet.names[at % fleet.names.length]!
      return AudienceMember.join(`c${at + 1}`, fleet.endpoint(name), settings.perSecond / settings.clients)
    }),
  )
}

/** Audits as soon as everything is acknowledged and has arrived, or when it is too late for that. */
async function auditWhenQuiet(
  audience: readonly AudienceMember[],
  freeOrder: FreeOrder,
): Promise<AuditResult> {
  const isComplete = (): boolean => {
    const sent = audience.reduce((sum, { publisher }) => sum + publisher.notes().sent, 0)
    return audience.every((member) => member.publisher.unacknowledged === 0 && member.receivedCount >= sent)
  }
  await waitUntil(isComplete, { everyMs: 20, limitMs: drainLimitMs })
  // Duplicates would come after: give them the chance.
  await sleep(500)
  return auditDeliveries(
    audience.map((member) => member.publisher.notes()),
    audience.map((member) => member.notes()),
    freeOrder.isPromised,
  )
}
