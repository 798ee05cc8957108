/** The roll call: who is asked, who is counted out, and who is said to be gone. */
import test from 'ava'
import { asLinkId, asPublisherId, type LinkId, type PublisherId, type ServerMessage } from '@jwp/protocol'
import type { Parts } from '#dist/core/parts.js'
import { RollCall } from '#dist/core/tree/roll-call.js'

const [left, right, up] = [asLinkId(1), asLinkId(2), asLinkId(3)]
const [self, x, y] = ['self', 'x', 'y'].map(asPublisherId) as [PublisherId, PublisherId, PublisherId]

/** A roll call, and as much of a server around it as it asks for. */
class Bench {
  nowMs = 0
  isRoot = true
  parentLink: LinkId | undefined
  children = [left, right]
  homes = new Set([self, x, y])
  sent: (readonly [LinkId, ServerMessage])[] = []
  gone: PublisherId[] = []
  readonly call: RollCall

  constructor() {
    // An arrow function sees this bench, whose fields tests change.
    const bench = (): Bench => this
    const parts = {
      place: {
        get isRoot() {
          return bench().isRoot
        },
        get isOrphan() {
          return !bench().isRoot && bench().parentLink === undefined
        },
        get parentLink() {
          return bench().parentLink
        },
      },
      time: {
        get nowMs() {
          return bench().nowMs
        },
      },
      links: { send: (link: LinkId, message: ServerMessage) => this.sent.push([link, message]) },
      children: { all: () => this.children.map((link) => ({ link })) },
      presence: { homes: () => this.homes, isHome: (home: PublisherId) => this.homes.has(home) },
      presenceDesk: { count: 0 },
      ownEntries: {
        publisher: self,
        publish: (_: string, body: string) => {
          const { server } = JSON.parse(body) as { server: PublisherId }
          this.gone.push(server)
          this.homes.delete(server)
        },
      },
      platform: { encodeUtf8: (text: string) => text },
      outbox: { report: () => undefined },
      options: { timing: { rollCallAfterMs: 500, decideWithinMs: 10_000 } },
    }
    this.call = new RollCall(parts as unknown as Parts)
  }

  /** A child dies: the root asks half a second later. */
  lose(link: LinkId): void {
    this.children = this.children.filter((each) => each !== link)
    this.call.childLost(link)
    this.call.flush()
    this.pass(500)
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.call.tick()
    this.call.flush()
  }

  take(): (readonly [LinkId, ServerMessage])[] {
    return this.sent.splice(0)
  }

  asked(): number {
    const { number } = this.sent.map(([, message]) => message).find(({ type }) => type === 'ROLL_CALL') as {
      number: number
    }
    return number
  }

  answer(link: LinkId, number: number, ...homes: PublisherId[]): void {
    this.call.answered(link, { type: 'ROLL_ANSWER', number, homes })
  }
}

test('who is named by nobody is gone, and its users with it', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  t.deepEqual(
    bench.sent.map(([link, { type }]) => [link, type]),
    [
      [left, 'ROLL_CALL'],
      [right, 'ROLL_CALL'],
    ],
  )
  const number = bench.asked()
  bench.answer(left, number, x)
  t.deepEqual(bench.gone, [], 'the other branch has not answered')
  bench.answer(right, number)
  t.deepEqual(bench.gone, [y])
})

test('a branch that dies during the call is counted out, and asked for again', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  const number = bench.asked()
  bench.answer(left, number, x)
  bench.children = [left]
  bench.call.childLost(right)
  t.deepEqual(bench.gone, [y], 'nobody else can name it')
  bench.take()
  bench.call.flush()
  bench.pass(500)
  t.deepEqual(
    bench.take().map(([link, { type }]) => [link, type]),
    [[left, 'ROLL_CALL']],
    'its own users may have been elsewhere in that branch',
  )
})

test('late answers, and answers to other calls, count for nothing', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  const number = bench.asked()
  bench.answer(left, number + 1, x, y)
  bench.answer(up, number, x, y)
  bench.answer(left, number)
  bench.answer(left, number, x, y)
  bench.answer(right, number, y)
  t.deepEqual(bench.gone, [x], 'only what both branches have said, once each')
  bench.answer(right, number, x)
  t.deepEqual(bench.gone, [x])
})

test('who does not answer in time makes nobody gone: it is asked again', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  bench.answer(left, bench.asked(), x)
  bench.take()
  bench.pass(10_000)
  t.deepEqual(bench.gone, [])
  bench.pass(500)
  const again = bench.asked()
  bench.answer(left, again, x)
  bench.answer(right, again, y)
  t.deepEqual(bench.gone, [])
})

test('whoever is said to be gone and is heard of again makes us look again', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  const number = bench.asked()
  bench.answer(left, number, x)
  bench.answer(right, number)
  bench.take()
  bench.homes.add(y)
  bench.call.heardOf(y)
  bench.call.flush()
  bench.pass(500)
  bench.answer(left, bench.asked(), x, y)
  bench.answer(right, bench.asked())
  t.deepEqual(bench.gone, [y], 'once')
  bench.take()
  bench.call.heardOf(x)
  bench.call.flush()
  bench.pass(500)
  t.deepEqual(bench.take(), [], 'a login of others is nothing to look at')
})

test('who answered and was lost since is asked for when an older login of its users is applied (seed 149)', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.homes.delete(y)
  bench.lose(up)
  const number = bench.asked()
  bench.answer(right, number, y)
  bench.answer(left, number, x)
  bench.take()
  bench.lose(right)
  const again = bench.asked()
  t.not(again, number)
  // On its way up since before it died: nobody could miss it when the call began.
  bench.homes.add(y)
  bench.call.heardOf(y)
  bench.call.flush()
  bench.answer(left, again, x)
  t.deepEqual(bench.gone, [], 'it was not known to be a home when the call began')
  bench.take()
  bench.call.flush()
  bench.pass(500)
  bench.answer(left, bench.asked(), x)
  t.deepEqual(bench.gone, [y])
})

test('who answers before it is lost, during the same call, is asked for again when its users are heard of', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.homes.delete(y)
  bench.lose(up)
  const number = bench.asked()
  bench.answer(right, number, y)
  bench.children = [left]
  bench.call.childLost(right)
  bench.answer(left, number, x)
  bench.take()
  bench.call.flush()
  bench.pass(500)
  const again = bench.asked()
  bench.answer(left, again, x)
  bench.take()
  bench.homes.add(y)
  bench.call.heardOf(y)
  bench.call.flush()
  bench.pass(500)
  bench.answer(left, bench.asked(), x)
  t.deepEqual(bench.gone, [y])
})

test('logins at servers that are there, during a call, make no further call', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  const number = bench.asked()
  bench.call.heardOf(x)
  bench.answer(left, number, x)
  bench.call.heardOf(y)
  bench.answer(right, number, y)
  bench.take()
  bench.call.flush()
  bench.pass(500)
  t.deepEqual(bench.take(), [])
})

test('a loss is told upwards; who looks for a parent tells it when it has one', (t) => {
  const bench = new Bench()
  bench.isRoot = false
  bench.call.somebodyLeft()
  bench.call.flush()
  t.deepEqual(bench.take(), [])
  bench.parentLink = up
  bench.call.flush()
  t.deepEqual(bench.take(), [[up, { type: 'LOST' }]])
  bench.call.flush()
  t.deepEqual(bench.take(), [], 'once')
})

test('a server answers for its branch when all below have, and names itself only with users', (t) => {
  const bench = new Bench()
  bench.isRoot = false
  bench.parentLink = up
  bench.homes.delete(self)
  bench.call.asked({ type: 'ROLL_CALL', number: 7 })
  t.deepEqual(
    bench.take().map(([link]) => link),
    [left, right],
  )
  bench.answer(left, 7, x)
  t.deepEqual(bench.take(), [])
  bench.answer(right, 7, y)
  t.deepEqual(bench.take(), [[up, { type: 'ROLL_ANSWER', number: 7, homes: [x, y] }]])

  bench.homes.add(self)
  bench.children = []
  bench.call.asked({ type: 'ROLL_CALL', number: 8 })
  t.deepEqual(bench.take(), [[up, { type: 'ROLL_ANSWER', number: 8, homes: [self] }]])
})
