/** Who comes and goes, as the fan-out tells it: a list, and what changes after it, each once. */
import test from 'ava'
import { asClientId, asPublisherId, LogRun, type LogEntry, type ServerCommand } from '@jwp/protocol'
import { FanOut } from '#dist/core/clients/fan-out.js'
import type { ServerEffect } from '@jwp/server/core'
import { bytes, Ground, parsed, platform, term } from './support/pieces.js'

const client = asClientId(1)
const epoch = term(1)
const login: LogEntry = {
  ...{ publisher: asPublisherId('home'), n: 1, kind: 'login', body: bytes('{}'), epoch, timestamp: 7 },
}

/** What is told of a command, in a few words. */
interface Told {
  readonly command: string
  readonly username?: string
  readonly online?: unknown
  readonly index?: number
  readonly to?: number
}

/** Streams over a log in which somebody comes with every entry: user5 with the fifth. */
class Bench {
  applied = 0
  base = 0
  online: string[] = []
  readonly told: string[] = []
  readonly fanOut: FanOut

  constructor() {
    const bench = (): Bench => this
    const tell = ({ command, username, online, index, to }: Told): void => {
      const named = Array.isArray(online) ? online : []
      const what = command === 'PRESENCE' ? [username, index] : command === 'ONLINE' ? named : [to ?? index]
      this.told.push(`${command} ${what.join(' ')}`)
    }
    const { options } = new Ground({ timing: { deliverEveryMs: 0 } })
    this.fanOut = new FanOut({
      ...{ platform, options },
      sessions: { appliedNumber: () => 0, get: () => undefined, close: () => undefined },
      time: { nowMs: 0 },
      commit: {
        get applied() {
          return bench().applied
        },
      },
      log: {
        get base() {
          return bench().base
        },
        runFrom: () => LogRun.of(login),
        epochAt: () => epoch,
        lineageUpTo: (index: number) => [[epoch, index]],
        activitiesBetween: () => 0,
        skippedAt: () => [],
      },
      presence: {
        changesAt: (index: number) => [{ username: `user${index}`, online: true }],
        online: function* () {
          yield* bench().online
        },
        get at() {
          return bench().applied
        },
      },
      outbox: {
        sendToClient: (_, command: ServerCommand) => {
          tell(command)
        },
        push: (effect: ServerEffect) => {
          if (effect.type !== 'deliver') return
          for (const line of effect.lines) tell(parsed(line))
        },
      },
    })
  }

  take(): string[] {
    this.fanOut.flush()
    return this.told.splice(0)
  }
}

function joined({ after, applied }: { after: number; applied: number }): Bench {
  const bench = new Bench()
  bench.applied = applied
  bench.fanOut.join(client, { format: 'positioned', presenceAfter: applied, after })
  return bench
}

test('what changed before the list was made is not told again, however far back delivery begins', (t) => {
  const bench = joined({ after: 2, applied: 5 })
  t.deepEqual(bench.take(), [])
  bench.applied = 7
  t.deepEqual(bench.take(), ['PRESENCE user6 6', 'PRESENCE user7 7'])
})

test('who reads late and who reads at once are told the same', (t) => {
  const bench = joined({ after: 0, applied: 3 })
  bench.fanOut.blocked(client)
  bench.applied = 5
  t.deepEqual(bench.take(), [])
  bench.fanOut.drained(client)
  t.deepEqual(bench.take(), ['PRESENCE user4 4', 'PRESENCE user5 5'])
})

test('after a gap the list comes anew', (t) => {
  const bench = joined({ after: 3, applied: 3 })
  bench.fanOut.blocked(client)
  bench.applied = 9
  bench.base = 6
  bench.online = ['ann', 'bob']
  bench.fanOut.drained(client)
  t.deepEqual(bench.take(), ['GAP 6', 'ONLINE ann bob'])
  bench.applied = 10
  t.deepEqual(bench.take(), ['PRESENCE user10 10'])
})

test('when a cut took back who came, the list comes anew, also to who reads late; else it does not', (t) => {
  for (const wasTold of [true, false]) {
    const bench = joined({ after: 5, applied: 5 })
    bench.fanOut.blocked(client)
    bench.applied = 3
    bench.online = ['ann']
    if (wasTold) bench.fanOut.presenceWasCut()
    bench.fanOut.cutTo(3, [])
    t.deepEqual(bench.take(), ['EPOCH 3'])
    bench.applied = 4
    bench.fanOut.drained(client)
    t.deepEqual(bench.take(), [wasTold ? 'ONLINE ann' : 'PRESENCE user4 4'])
  }
})

test('who wants no presence gets no list', (t) => {
  const bench = new Bench()
  bench.fanOut.join(client, { format: 'positioned', after: 0 })
  bench.fanOut.presenceWasCut()
  bench.applied = 3
  t.deepEqual(bench.take(), [])
})
