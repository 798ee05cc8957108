/** What a heartbeat's echo says of the way, and what it does not. */
import test from 'ava'
import { Liveness } from '#dist/core/tree/liveness.js'
import { LatencySamples } from '#dist/core/tree/latency-samples.js'

type Parts = ConstructorParameters<typeof Liveness>[0]
type Peer = Parameters<Liveness['beat']>[0]

function heartbeatsWithOnePeer(): { heartbeats: Liveness; peer: Peer; time: { nowMs: number } } {
  const time = { nowMs: 100_000 }
  const peer = { heardMs: 0, peerBeat: undefined, latencies: new LatencySamples() } as unknown as Peer
  const parts = {
    time,
    links: { all: () => [peer] },
    outbox: { report: () => undefined },
    options: { timing: { silenceLimitMs: 1_000 } },
  }
  return { heartbeats: new Liveness(parts as unknown as Parts), peer, time }
}

test('half of the time between question and echo is the latency', (t) => {
  const { heartbeats, peer, time } = heartbeatsWithOnePeer()
  heartbeats.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: time.nowMs - 30 })
  t.is(peer.latencies.medianMs(), 15)
})

test('an echo that lay in the socket while we slept says nothing about the way', (t) => {
  const { heartbeats, peer, time } = heartbeatsWithOnePeer()
  const askedMs = time.nowMs
  time.nowMs += 2_000
  heartbeats.wake(askedMs + 250)
  heartbeats.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: askedMs })
  t.is(peer.latencies.medianMs(), undefined)
  const nextMs = time.nowMs
  time.nowMs += 10
  heartbeats.beat(peer, { type: 'HEARTBEAT', sentMs: 1, echoMs: nextMs })
  t.is(peer.latencies.medianMs(), 5)
})

test('part of a message is a sign of life from a peer, but not from a stranger', (t) => {
  const { heartbeats, peer, time } = heartbeatsWithOnePeer()
  peer.heardMs = time.nowMs
  for (const purpose of ['child', 'parent'] as const) {
    peer.purpose = purpose
    time.nowMs += 900
    heartbeats.progressed(peer)
    t.is(peer.heardMs, time.nowMs)
  }
  peer.purpose = 'unknown'
  time.nowMs += 900
  heartbeats.progressed(peer)
  t.is(peer.heardMs, time.nowMs - 900)
})

test('the silence limit of a long line is four round trips and a heartbeat, and of a short one what was set', (t) => {
  const limitOf = (roundTripMs: number, measuredMs?: number): number => {
    const peer = {
      purpose: 'child',
      heardMs: 0,
      sentMs: 1e9,
      beatMs: 1e9,
      roundTripMs,
      latencyMs: measuredMs === undefined ? undefined : measuredMs / 2,
    }
    const timing = { silenceLimitMs: 1_000, heartbeatEveryMs: 250 }
    const parts = { time: { nowMs: 0 }, links: { all: () => [peer] }, options: { timing } }
    return new Liveness(parts as unknown as Parts).nextDeadlineMs()!
  }
  t.is(limitOf(1), 1_000)
  t.is(limitOf(500), 2_250)
  t.is(limitOf(500, 10), 1_000, 'what heartbeats measure counts for more than the opening')
  t.is(limitOf(1, 800), 3_450)
  t.is(limitOf(1e6), 4_250, 'bounded')
})
