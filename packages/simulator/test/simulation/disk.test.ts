/** The simulated disk keeps what the changes mean, and no more than a crash leaves. */
import test from 'ava'
import { entriesIn, pendingIn } from '@jwp/protocol'
import { faultMixes, nodePlatform } from '@jwp/simulator'
import { drawPlan, World } from '@jwp/simulator/world'
import { applyChange, nothingStored, type StoreChange, type StoredState } from '@jwp/server/core'

type Disk = NonNullable<World['servers'][number]['options']['disk']>

const noListener = { stored: () => undefined, failed: () => undefined }

/** A world in which all servers write, drop and pass on entries, and every change that each disk was given. */
function writtenWorld(seed: number): Map<Disk, StoreChange[]> {
  const drawn = drawPlan(seed, faultMixes.none)
  const plan = {
    ...drawn,
    servers: drawn.servers.map((server) => ({ ...server, disk: true })),
    limits: { retentionBytes: 20_000 },
  }
  const world = new World(plan, nodePlatform, [])
  const given = new Map<Disk, StoreChange[]>()
  world.observe({
    serverStarted: ({ options: { disk } }) => {
      const changes: StoreChange[] = []
      given.set(disk!, changes)
      const write = disk!.write.bind(disk)
      disk!.write = (change) => {
        changes.push(change)
        write(change)
      }
    },
  })
  world.advance(6_000)
  return given
}

/** In one form, for comparing: by entry, wherever runs begin and end, and the queue by number. */
const sorted = (state: StoredState): object => ({
  ...state,
  runs: entriesIn(state.runs),
  queue: pendingIn(state.queue).sort((a, b) => a.n - b.n || (a.publisher < b.publisher ? -1 : 1)),
})

const sumOf = (changes: readonly StoreChange[]): StoredState => changes.reduce(applyChange, nothingStored)

test('a disk that was closed in order holds all changes, added up', (t) => {
  for (const [disk, changes] of writtenWorld(5)) {
    t.true(changes.length > 20)
    disk.close({ inOrder: true })
    const state = disk.open(noListener)!
    t.true(state.base.index > 0, 'some of the log was dropped')
    t.deepEqual(sorted(state), sorted(sumOf(changes)))
  }
})

test('a crash leaves the changes up to some moment, none of them in part', (t) => {
  for (const [disk, changes] of writtenWorld(6)) {
    disk.close({ inOrder: false })
    const state = sorted(disk.open(noListener)!)
    const sums = [
      changes.length,
      changes.length - 1,
      changes.length - 2,
      changes.length - 3,
      changes.length - 4,
    ]
    t.true(sums.some((count) => isSame(state, sorted(sumOf(changes.slice(0, count))))))
  }
})

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
