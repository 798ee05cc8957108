/** Who comes and goes, as streams tell it: a list, and what changes after it, each once. */
import test from 'ava'
import { asClientId, asEpoch, type LogEntry } from '@jwp/protocol'
import { FanOut, type FanOutNeeds } from '#dist/core/clients/fan-out.js'

const client = asClientId(1)
const epoch = asEpoch('1.root#1')

/** Streams over a log in which somebody comes with every entry: user5 with the fifth. */
class Bench {
  applied = 0
  base = 0
  online: string[] = []
  readonly told: string[] = []
  readonly streams: FanOut

  constructor() {
    const bench = (): Bench => this
    const entry = { kind: 'login', epoch, timestamp: 7 } as LogEntry
    const tell = (command: object): void => {
      const { command: name, username, online, index, to } = command as Record<string, unknown>
      const what =
        name === 'PRESENCE' ? [username, index] : name === 'ONLINE' ? (online as string[]) : [to ?? index]
      this.told.push(`${String(name)} ${what.join(' ')}`)
    }
    const parts = {
      platform: { encodeUtf8: (text: string) => new TextEncoder().encode(text) },
      options: { timing: { deliverEveryMs: 0 } },
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
        at: (index: number) => (index > this.base && index <= this.applied ? entry : undefined),
        epochAt: () => epoch,
        lineageUpTo: (index: number) => [[epoch, index]],
        activitiesBetween: () => 0,
      },
      presence: {
        changesAt: (index: number) => [{ username: `user${index}`, online: true }],
        online: () => this.online,
        get at() {
          return bench().applied
        },
      },
      outbox: {
        tell: (_: unknown, command: object) => {
          tell(command)
        },
        push: ({ lines }: { lines: Uint8Array[] }) => {
          for (const line of lines) tell(JSON.parse(new TextDecoder().decode(line)) as object)
        },
      },
    }
    this.streams = new FanOut(parts as unknown as FanOutNeeds)
  }

  take(): string[] {
    this.streams.flush()
    return this.told.splice(0)
  }
}

function joined({ after, applied }: { after: number; applied: number }): Bench {
  const bench = new Bench()
  bench.applied = applied
  bench.streams.join(client, { format: 'placed', presenceAfter: applied, after })
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
  bench.streams.blocked(client)
  bench.applied = 5
  t.deepEqual(bench.take(), [])
  bench.streams.drained(client)
  t.deepEqual(bench.take(), ['PRESENCE user4 4', 'PRESENCE user5 5'])
})

test('after a gap the list comes anew', (t) => {
  const bench = joined({ after: 3, applied: 3 })
  bench.streams.blocked(client)
  bench.applied = 9
  bench.base = 6
  bench.online = ['ann', 'bob']
  bench.streams.drained(client)
  t.deepEqual(bench.take(), ['GAP 6', 'ONLINE ann bob'])
  bench.applied = 10
  t.deepEqual(bench.take(), ['PRESENCE user10 10'])
})

test('when a cut took back who came, the list comes anew, also to who reads late; else it does not', (t) => {
  for (const wasTold of [true, false]) {
    const bench = joined({ after: 5, applied: 5 })
    bench.streams.blocked(client)
    bench.applied = 3
    bench.online = ['ann']
    if (wasTold) bench.streams.presenceWasCut()
    bench.streams.cutTo(3, [])
    t.deepEqual(bench.take(), ['EPOCH 3'])
    bench.applied = 4
    bench.streams.drained(client)
    t.deepEqual(bench.take(), [wasTold ? 'ONLINE ann' : 'PRESENCE user4 4'])
  }
})

test('who wants no presence gets no list', (t) => {
  const bench = new Bench()
  bench.streams.join(client, { format: 'placed', after: 0 })
  bench.streams.presenceWasCut()
  bench.applied = 3
  t.deepEqual(bench.take(), [])
})
