/** The sweep over the members of the tree: who is asked, who is counted out, and who is said to be gone. */
import test from 'ava'
import {
  asLinkId,
  asPublisherId,
  type EntryKind,
  type LinkId,
  type PublisherId,
  type ServerMessage,
} from '@jwp/protocol'
import type { Child } from '#dist/core/tree/child.js'
import { MembershipSweep } from '#dist/core/tree/membership-sweep.js'
import { ancestor, goneBody, Ground, platform } from './support/pieces.js'

const left = asLinkId(1)
const right = asLinkId(2)
const up = asLinkId(3)
const self: PublisherId = asPublisherId('self')
const x: PublisherId = asPublisherId('x')
const y: PublisherId = asPublisherId('y')

const childAt = (link: LinkId): Child => ({ link, ...ancestor(`child${link}`) })

/** A membership sweep, and as much of a server around it as it asks for. */
class Bench {
  nowMs = 0
  isRoot = true
  parentLink: LinkId | undefined
  children = [left, right]
  homes = new Set([self, x, y])
  sent: (readonly [LinkId, ServerMessage])[] = []
  gone: PublisherId[] = []
  readonly sweep: MembershipSweep

  constructor() {
    // An arrow function sees this bench, whose fields tests change.
    const bench = (): Bench => this
    const { options } = new Ground({ timing: { rollCallAfterMs: 500, decideWithinMs: 10_000 } })
    this.sweep = new MembershipSweep({
      self: { publisher: self },
      log: { last: 1 },
      role: {
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
      children: { all: () => this.children.map(childAt) },
      presence: { homes: () => this.homes, isHome: (home: PublisherId) => this.homes.has(home) },
      tracker: { count: 0 },
      ownEntries: {
        publish: (_: EntryKind, body: Uint8Array) => {
          const { server } = goneBody(body)
          this.gone.push(server)
          this.homes.delete(server)
          return this.gone.length
        },
      },
      ...{ platform, options },
      outbox: { report: () => undefined },
    })
  }

  /** A child dies: the root asks half a second later. */
  lose(link: LinkId): void {
    this.children = this.children.filter((each) => each !== link)
    this.sweep.childLost(childAt(link))
    this.sweep.flush()
    this.pass(500)
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.sweep.tick()
    this.sweep.flush()
  }

  take(): (readonly [LinkId, ServerMessage])[] {
    return this.sent.splice(0)
  }

  asked(): number {
    for (const [, message] of this.sent) if (message.type === 'ROLL_CALL') return message.number
    throw new Error('nobody was asked')
  }

  answer(link: LinkId, number: number, ...homes: PublisherId[]): void {
    this.sweep.answered(link, { type: 'ROLL_ANSWER', number, homes })
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
  bench.sweep.childLost(childAt(right))
  t.deepEqual(bench.gone, [y], 'nobody else can name it')
  bench.take()
  bench.sweep.flush()
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
  bench.sweep.heardOf(y)
  bench.sweep.flush()
  bench.pass(500)
  bench.answer(left, bench.asked(), x, y)
  bench.answer(right, bench.asked())
  t.deepEqual(bench.gone, [y], 'once')
  bench.take()
  bench.sweep.heardOf(x)
  bench.sweep.flush()
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
  bench.sweep.heardOf(y)
  bench.sweep.flush()
  bench.answer(left, again, x)
  t.deepEqual(bench.gone, [], 'it was not known to be a home when the call began')
  bench.take()
  bench.sweep.flush()
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
  bench.sweep.childLost(childAt(right))
  bench.answer(left, number, x)
  bench.take()
  bench.sweep.flush()
  bench.pass(500)
  const again = bench.asked()
  bench.answer(left, again, x)
  bench.take()
  bench.homes.add(y)
  bench.sweep.heardOf(y)
  bench.sweep.flush()
  bench.pass(500)
  bench.answer(left, bench.asked(), x)
  t.deepEqual(bench.gone, [y])
})

test('logins at servers that are there, during a call, make no further call', (t) => {
  const bench = new Bench()
  bench.children.push(up)
  bench.lose(up)
  const number = bench.asked()
  bench.sweep.heardOf(x)
  bench.answer(left, number, x)
  bench.sweep.heardOf(y)
  bench.answer(right, number, y)
  bench.take()
  bench.sweep.flush()
  bench.pass(500)
  t.deepEqual(bench.take(), [])
})

test('a loss is told upwards; who looks for a parent tells it when it has one', (t) => {
  const bench = new Bench()
  bench.isRoot = false
  bench.sweep.serverLeft()
  bench.sweep.flush()
  t.deepEqual(bench.take(), [])
  bench.parentLink = up
  bench.sweep.flush()
  t.deepEqual(bench.take(), [[up, { type: 'LOST' }]])
  bench.sweep.flush()
  t.deepEqual(bench.take(), [], 'once')
})

test('a server answers for its branch when all below have, and names itself only with users', (t) => {
  const bench = new Bench()
  bench.isRoot = false
  bench.parentLink = up
  bench.homes.delete(self)
  bench.sweep.asked({ type: 'ROLL_CALL', number: 7 })
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
  bench.sweep.asked({ type: 'ROLL_CALL', number: 8 })
  t.deepEqual(bench.take(), [[up, { type: 'ROLL_ANSWER', number: 8, homes: [self] }]])
})
