/** What a heartbeat's echo says of the way, and what it does not. */
import test from 'ava'
import { Liveness } from '#dist/core/tree/liveness.js'
import { Ground } from './support/pieces.js'

type Peer = Parameters<Liveness['beat']>[0]

interface Bench {
  readonly liveness: Liveness
  readonly peer: Peer
  readonly time: { nowMs: number }
}

function livenessWithOnePeer(): Bench {
  const ground = new Ground({ timing: { silenceLimitMs: 1_000, heartbeatEveryMs: 250 } })
  const { time, links } = ground
  const peer = links.get(ground.openLink('x', 'unknown'))!
  time.nowMs = 100_000
  return {
    liveness: new Liveness({
      ...{ time, links, options: ground.options, outbox: ground.outbox },
      appliedFor: () => 7,
    }),
    peer,
    time,
  }
}

test('half of the time between question and echo is the latency', (t) => {
  const { liveness, peer, time } = livenessWithOnePeer()
  liveness.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: time.nowMs - 30 })
  t.is(peer.latencies.medianMs(), 15)
})

test('an echo that lay in the socket while we slept says nothing about the way', (t) => {
  const { liveness, peer, time } = livenessWithOnePeer()
  const askedMs = time.nowMs
  time.nowMs += 2_000
  liveness.wake(askedMs + 250)
  liveness.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: askedMs })
  t.is(peer.latencies.medianMs(), undefined)
  const nextMs = time.nowMs
  time.nowMs += 10
  liveness.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: nextMs })
  t.is(peer.latencies.medianMs(), 5)
})

test('part of a message is a sign of life from a peer, but not from a stranger', (t) => {
  const { liveness, peer, time } = livenessWithOnePeer()
  peer.heardMs = time.nowMs
  for (const purpose of ['child', 'parent'] as const) {
    peer.purpose = purpose
    time.nowMs += 900
    liveness.progressed(peer)
    t.is(peer.heardMs, time.nowMs)
  }
  peer.purpose = 'unknown'
  time.nowMs += 900
  liveness.progressed(peer)
  t.is(peer.heardMs, time.nowMs - 900)
})

test('the silence limit of a long line is four round trips and a heartbeat, and of a short one what was set', (t) => {
  const limitOf = (roundTripMs: number, measuredMs?: number): number => {
    const { liveness, peer } = livenessWithOnePeer()
    peer.purpose = 'child'
    peer.heardMs = 0
    peer.sentMs = 1e9
    peer.beatMs = 1e9
    peer.roundTripMs = roundTripMs
    peer.latencyMs = measuredMs === undefined ? undefined : measuredMs / 2
    return liveness.nextDeadlineMs()!
  }
  t.is(limitOf(1), 1_000)
  t.is(limitOf(500), 2_250)
  t.is(limitOf(500, 10), 1_000, 'what heartbeats measure counts for more than the opening')
  t.is(limitOf(1, 800), 3_450)
  t.is(limitOf(1e6), 4_250, 'bounded')
})
