/** The search for a parent alone: whom an orphan asks, whom it takes, and when it founds a tree itself. */
import test from 'ava'
import { notAnHeir, type Address, type LinkId, type Position, type ServerMessageOf } from '@jwp/protocol'
import { JoinQuestion } from '#dist/core/tree/join-question.js'
import { NamedParent } from '#dist/core/tree/named-parent.js'
import { ParentSearch } from '#dist/core/tree/parent-search.js'
import { PollWindows } from '#dist/core/tree/poll-windows.js'
import type { BecameRoot } from '#dist/core/tree/tree-listener.js'
import { address, ancestor, clock, Ground, idOf, type GroundOptions } from './support/pieces.js'

/** What becomes of a question to a server. */
type Reply =
  /** Nobody listens there, or the network says that it cannot be reached. */
  | { readonly is: 'gone' | 'unreachable' }
  /** The connection does not open; or it does, and no answer comes. */
  | { readonly is: 'dialling' | 'silent' }
  /** It would take us, and does when it is asked. */
  | { readonly is: 'takes us' }
  /** It would take us, and is never heard of again when it is asked. */
  | { readonly is: 'hangs' }
  | { readonly is: 'denies' }
  | { readonly is: 'refuses'; readonly refusal: Omit<ServerMessageOf<'REFUSE'>, 'type'> }
  /** It would take us, and sends us elsewhere when it is asked. */
  | { readonly is: 'redirects'; readonly to: Address }

const gone: Reply = { is: 'gone' }
const dialling: Reply = { is: 'dialling' }
const silent: Reply = { is: 'silent' }
const takesUs: Reply = { is: 'takes us' }

const orphan = (position: Partial<Position>): Reply => ({
  is: 'refuses',
  refusal: {
    why: 'orphan',
    position: { epochNumber: 0, index: 0, rank: notAnHeir, id: idOf('zzz'), ...position },
  },
})

class Bench extends Ground {
  readonly replies = new Map<string, Reply>()
  /** Whom we dialled and asked, in order; `!` behind a name: to take us. */
  readonly dialled: string[] = []
  readonly asked: string[] = []
  readonly closed: LinkId[] = []
  readonly events: { readonly event: string; readonly info?: string }[] = []
  readonly stops: { readonly exitCode: number; readonly info: string }[] = []
  readonly founded: BecameRoot[] = []
  readonly takenBy: string[] = []
  readonly named = new NamedParent({
    ...{ time: this.time, options: this.options, timers: this.timers, deadpool: this.deadpool },
    outbox: this.outbox,
  })
  readonly search = new ParentSearch({
    ...{ self: this.self, time: this.time, random: this.random, options: this.options, timers: this.timers },
    ...{ retry: this.retry, role: this.role, position: this.position, log: this.log, links: this.links },
    ...{ deadpool: this.deadpool, named: this.named, outbox: this.outbox },
    windows: new PollWindows({ time: this.time, timers: this.timers, retry: this.retry, links: this.links }),
    question: new JoinQuestion({ self: this.self, log: this.log, children: this.children, role: this.role }),
    founding: {
      found: (how) => {
        this.founded.push(how)
        this.becomeRoot()
      },
    },
    onAccepted: (link) => {
      this.takenBy.push(this.links.get(link)!.dialled!.name)
      this.search.end(link)
      this.role.attach(link, idOf('parent'))
    },
  })

  constructor(options: GroundOptions = {}) {
    super(options)
    this.write(['a'])
  }

  /** The parent of this path is lost, and each server answers as it is said to. */
  begin(path: readonly string[], heirs: readonly string[], replies: Readonly<Record<string, Reply>>): void {
    const me = { id: this.self.id, address: this.self.address }
    this.deadpool.pathChanged(
      path.map(ancestor),
      heirs.map((name) => (name === 'me' ? me : ancestor(name))),
    )
    for (const [name, reply] of Object.entries(replies)) this.replies.set(name, reply)
    this.take()
    this.search.begin({ left: undefined })
    this.settle()
  }

  /** Time passes, and the search is woken when it asked to be. */
  pass(ms: number): void {
    const untilMs = this.time.nowMs + ms
    for (;;) {
      const nextMs = this.search.nextDeadlineMs()
      if (nextMs === undefined || nextMs > untilMs) break
      this.time.nowMs = Math.max(this.time.nowMs + 1, nextMs)
      this.search.tick()
      this.settle()
    }
    this.time.nowMs = Math.max(this.time.nowMs, untilMs)
  }

  /** What was sent is answered, until nothing more is sent. */
  settle(): void {
    for (let effects = this.take(); effects.length > 0; effects = this.take())
      for (const effect of effects) {
        if (effect.type === 'dial') this.#meet(effect.link, effect.address)
        else if (effect.type === 'close') this.closed.push(effect.link)
        else if (effect.type === 'report') this.events.push(effect.event)
        else if (effect.type === 'stop') this.stops.push(effect)
        else if (effect.type === 'send' && effect.message.type === 'AUTHENTICATE')
          this.#answer(effect.link, effect.message)
      }
  }

  linkTo(name: string): LinkId | undefined {
    for (const { link, dialled } of this.links.all()) if (dialled?.name === name) return link
    return undefined
  }

  #meet(link: LinkId, { name }: Address): void {
    this.dialled.push(name)
    const reply = this.replies.get(name) ?? gone
    const peer = this.links.get(link)
    if (peer === undefined || reply.is === 'dialling') return
    if (reply.is === 'gone' || reply.is === 'unreachable') {
      this.links.forget(link)
      this.search.lost(link, reply.is, `${name} is ${reply.is}`)
    } else {
      peer.open = true
      this.search.opened(link)
    }
  }

  #answer(link: LinkId, { dry }: ServerMessageOf<'AUTHENTICATE'>): void {
    const peer = this.links.get(link)
    if (peer?.dialled === undefined) return
    const { name } = peer.dialled
    this.asked.push(dry ? name : `${name}!`)
    const reply = this.replies.get(name) ?? gone
    if (reply.is === 'denies') this.search.message(peer, { type: 'AUTHENTICATION_FAIL', info: 'no' })
    else if (reply.is === 'refuses') this.search.message(peer, { type: 'REFUSE', ...reply.refusal })
    else if (reply.is === 'takes us' || reply.is === 'hangs' || reply.is === 'redirects') {
      if (dry) this.search.message(peer, { type: 'REFUSE', why: 'rooted' })
      else if (reply.is === 'takes us') this.search.message(peer, success)
      else if (reply.is === 'redirects')
        this.search.message(peer, { type: 'REFUSE', why: 'full', redirect: reply.to })
    }
  }
}

const success: ServerMessageOf<'AUTHENTICATION_SUCCESS'> = {
  ...{ type: 'AUTHENTICATION_SUCCESS', id: idOf('parent'), path: [], succession: [], rootLineage: [] },
  ...{ epochNumber: 1, everywhere: 0, contacts: [], clock, you: address('me') },
}

test('an orphan asks everybody that it knows at once: the path, the heirs and the contacts', (t) => {
  const bench = new Bench({ contacts: [address('far')], disk: {} })
  const all = ['parent', 'root', 'heir', 'far']
  bench.begin(['parent', 'root'], ['heir'], Object.fromEntries(all.map((name) => [name, silent])))
  t.deepEqual(bench.dialled, all)
  t.deepEqual(bench.asked, all, 'and each only whether it would take us')
})

test('it asks the one that would take it to do so, and keeps that link alone', (t) => {
  const bench = new Bench()
  bench.begin(['root'], ['me', 'h'], { root: gone, h: takesUs })
  t.deepEqual(bench.asked, ['h', 'h!'])
  t.deepEqual(bench.takenBy, ['h'])
  t.not(bench.linkTo('h'), undefined)
  t.is([...bench.links.all()].length, 1)
  t.is(bench.search.nextDeadlineMs(), undefined, 'the search is over')
})

test('an heir takes the first that would have it; who hung below others waits a moment for nearer ancestors', (t) => {
  const heir = new Bench()
  heir.begin(['root'], ['me', 'h'], { root: silent, h: takesUs })
  t.deepEqual(heir.takenBy, ['h'])

  const below = new Bench({ timing: { nearerAncestorMs: 100 } })
  below.begin(['parent', 'grandparent', 'root'], [], { parent: gone, grandparent: silent, root: takesUs })
  t.deepEqual(below.takenBy, [], 'the grandparent is connected and may still answer')
  below.pass(99)
  t.deepEqual(below.takenBy, [])
  below.pass(1)
  t.deepEqual(below.takenBy, ['root'])
})

test('a nearer ancestor that answers in time is taken', (t) => {
  const bench = new Bench({ timing: { nearerAncestorMs: 100 } })
  bench.begin(['parent', 'grandparent', 'root'], [], { parent: gone, grandparent: silent, root: takesUs })
  bench.pass(50)
  bench.replies.set('grandparent', takesUs)
  const link = bench.linkTo('grandparent')!
  bench.search.message(bench.links.get(link)!, { type: 'REFUSE', why: 'rooted' })
  bench.settle()
  t.deepEqual(bench.takenBy, ['grandparent'])
})

test('an heir takes over only after two polls with the same picture', (t) => {
  const bench = new Bench()
  bench.begin(['root'], ['me', 'h'], { root: silent, h: gone })
  t.deepEqual(bench.founded, [], 'the root is connected, and not yet given up')
  const link = bench.linkTo('root')!
  bench.replies.set('root', silent)
  bench.links.forget(link)
  bench.search.lost(link, 'gone', 'it broke')
  bench.settle()
  t.deepEqual(
    bench.dialled,
    ['root', 'h', 'root', 'h'],
    'one poll spoke for it: all are asked once more, at once',
  )
  t.deepEqual(bench.founded, [])
  const again = bench.linkTo('root')!
  bench.links.forget(again)
  bench.search.lost(again, 'gone', 'it broke')
  bench.settle()
  t.deepEqual(bench.founded, [{ isCertainlyAlone: true }])
  t.is(bench.search.nextDeadlineMs(), undefined)
})

test('another picture in the second poll asks for a third', (t) => {
  const bench = new Bench()
  bench.begin(['root'], ['me', 'h'], { root: gone, h: silent })
  t.deepEqual(bench.founded, [], 'h is connected but silent')
  const answer = {
    type: 'REFUSE',
    why: 'orphan',
    position: { ...bench.position.now(), rank: 1, id: idOf('h') },
  } as const
  bench.search.message(bench.links.get(bench.linkTo('h')!)!, answer)
  bench.replies.set('h', gone)
  bench.settle()
  t.deepEqual(bench.founded, [{ isCertainlyAlone: true }])
  t.deepEqual(
    bench.dialled.filter((name) => name === 'h'),
    ['h', 'h', 'h'],
    'an orphan, then gone, then gone again',
  )
})

test('an heir does not take over beside a better placed orphan, however long that takes', (t) => {
  const bench = new Bench()
  bench.begin(['root'], ['h', 'me'], { root: gone, h: orphan({ epochNumber: 1, index: 5, rank: 0 }) })
  bench.pass(60_000)
  t.deepEqual(bench.founded, [])
  t.true(bench.dialled.length > 100, 'it goes on asking')
})

test('an heir waits for another heir that is connected and silent', (t) => {
  const bench = new Bench({ timing: { graceMs: 2_000 } })
  bench.begin(['root'], ['me', 'h'], { root: gone, h: silent })
  bench.pass(5_900)
  t.deepEqual(bench.founded, [], 'it may be about to found the next tree')
  bench.pass(2_000)
  t.deepEqual(bench.founded, [{ isCertainlyAlone: false }], 'but not for ever')
})

test('an heir does not wait for far contacts whose connection does not open', (t) => {
  const bench = new Bench({ contacts: [address('far')], disk: {}, timing: { pollMinMs: 50 } })
  bench.begin(['root'], ['me', 'h'], { root: gone, h: gone, far: dialling })
  bench.pass(49)
  t.is(bench.dialled.filter((name) => name === 'root').length, 1)
  bench.pass(150)
  t.deepEqual(bench.founded, [{ isCertainlyAlone: false }], 'nobody knows whether the far one lives')
})

test('a server that was no heir founds only after the grace, when nobody is left who would', (t) => {
  const bench = new Bench({ timing: { graceMs: 2_000 } })
  bench.begin(['parent', 'root'], ['h'], { parent: gone, root: gone, h: gone })
  bench.pass(1_999)
  t.deepEqual(bench.founded, [])
  bench.pass(500)
  t.deepEqual(bench.founded, [{ isCertainlyAlone: true }])
})

test('a server without a log waits longer than that', (t) => {
  const bench = new Bench({ timing: { graceMs: 2_000, freshAloneMs: 10_000 } })
  bench.log.cutTo(0)
  bench.begin(['parent', 'root'], [], { parent: gone, root: gone })
  bench.pass(11_900)
  t.deepEqual(bench.founded, [])
  bench.pass(500)
  t.is(bench.founded.length, 1)
})

test('a server that leaves founds nothing, and goes on asking', (t) => {
  const bench = new Bench()
  bench.role.leave()
  bench.begin(['root'], ['me', 'h'], { root: gone, h: gone })
  bench.pass(10_000)
  t.deepEqual(bench.founded, [])
  bench.replies.set('h', takesUs)
  bench.pass(100)
  t.deepEqual(bench.takenBy, ['h'])
})

test('a parent that left in order is not asked', (t) => {
  const bench = new Bench()
  bench.deadpool.pathChanged([ancestor('parent'), ancestor('root')], [])
  bench.take()
  bench.search.begin({ left: address('parent') })
  bench.settle()
  t.deepEqual(bench.dialled, ['root'])
})

test('a server that is full sends the asker on, and the asker follows', (t) => {
  const bench = new Bench()
  bench.begin(['root'], [], {
    root: { is: 'redirects', to: address('x') },
    x: { is: 'redirects', to: address('y') },
    y: takesUs,
  })
  t.deepEqual(bench.asked, ['root', 'root!', 'x!', 'y!'])
  t.deepEqual(bench.takenBy, ['y'])
})

test('servers that send it on in a circle are followed for a while, not for ever', (t) => {
  const bench = new Bench()
  const there: Reply = { is: 'redirects', to: address('root') }
  bench.begin(['root'], [], { root: there })
  t.is(bench.asked.filter((name) => name === 'root!').length, 17, 'the first, and 16 redirects')
  t.deepEqual(
    bench.events.map(({ event }) => event).filter((event) => event === 'refused'),
    ['refused'],
  )
})

test('one that would take us and then does not answer is given up, and all are asked again', (t) => {
  const bench = new Bench({ timing: { attachTimeoutMs: 400 } })
  bench.begin(['root'], ['me', 'h'], { root: gone, h: { is: 'hangs' } })
  const link = bench.linkTo('h')!
  bench.pass(399)
  t.deepEqual(bench.asked, ['h', 'h!'])
  bench.pass(1)
  t.true(bench.closed.includes(link))
  bench.replies.set('h', takesUs)
  bench.pass(100)
  t.deepEqual(bench.asked, ['h', 'h!', 'h', 'h!'])
  t.deepEqual(bench.takenBy, ['h'])
})

test('an answer that comes too late is no place in a tree', (t) => {
  const bench = new Bench()
  bench.begin(['root'], ['me', 'h'], { root: silent, h: silent })
  const peer = bench.links.get(bench.linkTo('root')!)!
  t.is(bench.search.message(peer, success), 'unexpected AUTHENTICATION_SUCCESS')
  t.deepEqual(bench.takenBy, [])
})

test('a connection that has not opened when the poll ends is kept for the next one', (t) => {
  const bench = new Bench({ timing: { attachTimeoutMs: 400 } })
  bench.begin(['parent', 'root'], [], { parent: gone, root: dialling })
  // An attempt that ran out makes the next one longer than a poll.
  bench.retry.ranOut(address('root'))
  bench.pass(500)
  t.true(bench.dialled.filter((name) => name === 'parent').length > 1, 'polls have ended meanwhile')
  t.is(bench.dialled.filter((name) => name === 'root').length, 1)
})

test('after the end of its poll a late answer counts in the next one', (t) => {
  const bench = new Bench({ timing: { attachTimeoutMs: 400 } })
  bench.begin(['parent', 'root'], [], { parent: gone, root: silent })
  bench.retry.ranOut(address('root'))
  bench.pass(400)
  bench.replies.set('root', takesUs)
  bench.search.message(bench.links.get(bench.linkTo('root')!)!, { type: 'REFUSE', why: 'rooted' })
  bench.pass(100)
  t.deepEqual(bench.takenBy, ['root'])
  t.is(bench.dialled.filter((name) => name === 'root').length, 1)
})

test('a second parent in a row that is lost at once makes the search wait longer each time; a long stay does not', (t) => {
  const bench = new Bench({ timing: { retryMs: 20 } })
  const waits = [10, 10, 10, 10, 1_000].map((stayedMs) => {
    bench.search.stayed(stayedMs)
    bench.search.begin({ left: undefined })
    const waitMs = bench.search.nextDeadlineMs()! - bench.time.nowMs
    bench.search.end(undefined)
    bench.take()
    bench.time.nowMs += 10_000
    return waitMs - bench.options.timing.timeBeforeReconnectMs
  })
  const [, first, second, third] = waits
  t.true(first! < second! && second! < third!, String(waits))
})

test('a ring in the path is sat out for some retries', (t) => {
  const bench = new Bench({ timing: { retryMs: 20 } })
  bench.deadpool.pathChanged([ancestor('root')], [])
  bench.search.backOff()
  bench.search.begin({ left: undefined })
  bench.settle()
  t.deepEqual(bench.dialled, [])
  t.is(bench.search.nextDeadlineMs(), 60)
  bench.pass(60)
  t.deepEqual(bench.dialled, ['root'])
})

test('a wrong secret ends a server that was told whom to join; with other servers it goes on without that one', (t) => {
  const told = new Bench({ remote: address('r') })
  told.begin([], [], { r: { is: 'denies' } })
  t.deepEqual(
    told.stops.map(({ exitCode, info }) => [exitCode, info]),
    [[4, 'r:1 refused this server: no']],
  )
  const other = new Bench()
  other.begin(['root'], ['me', 'h'], { root: gone, h: { is: 'denies' } })
  t.deepEqual(other.stops, [])
  t.is(other.founded.length, 1)
})

test('a name in use is at first perhaps our own last run; when it stays so the server stops with words', (t) => {
  const timing = { silenceLimitMs: 1_000, attachTimeoutMs: 400 }
  const bench = new Bench({ remote: address('r'), timing })
  bench.begin([], [], { r: { is: 'refuses', refusal: { why: 'taken' } } })
  bench.pass(1_300)
  t.deepEqual(bench.stops, [])
  t.deepEqual(
    bench.events.filter(({ event }) => event === 'parent-unreachable').map(({ info }) => info),
    ['the name me is in use in that network'],
    'said once',
  )
  bench.pass(300)
  t.is(bench.stops[0]?.exitCode, 4)
})

test('the server that it was told to join is preferred to others that would take it', (t) => {
  const bench = new Bench({ remote: address('r'), contacts: [address('x')], disk: {} })
  bench.begin([], [], { r: silent, x: takesUs })
  t.deepEqual(bench.takenBy, [])
  bench.replies.set('r', takesUs)
  bench.search.message(bench.links.get(bench.linkTo('r')!)!, { type: 'REFUSE', why: 'rooted' })
  bench.settle()
  t.deepEqual(bench.takenBy, ['r'])
})
