/** What a heartbeat's echo says of the way, and what it does not. */
import test from 'ava'
import { Heartbeats } from '#dist/core/tree/heartbeats.js'
import { LatencySamples } from '#dist/core/tree/latency-samples.js'

type Parts = ConstructorParameters<typeof Heartbeats>[0]
type Peer = Parameters<Heartbeats['beat']>[0]

function heartbeatsWithOnePeer(): { heartbeats: Heartbeats; peer: Peer; time: { nowMs: number } } {
  const time = { nowMs: 100_000 }
  const peer = { heardMs: 0, peerBeat: undefined, latencies: new LatencySamples() } as unknown as Peer
  const parts = {
    time,
    links: { all: () => [peer] },
    outbox: { report: () => undefined },
    options: { timing: { silenceLimitMs: 1_000 } },
  }
  return { heartbeats: new Heartbeats(parts as unknown as Parts), peer, time }
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
  peer.purpose = 'stranger'
  time.nowMs += 900
  heartbeats.progressed(peer)
  t.is(peer.heardMs, time.nowMs - 900)
})
