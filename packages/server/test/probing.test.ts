/** A root looks for other trees: who says nothing must not keep it from asking the others. */
import test from 'ava'
import type { LinkId, Address } from '@jwp/protocol'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const [silent, other] = [address('silent'), address('other')]

test('a contact whose host drops everything does not slow the probing of another one', (t) => {
  const server = new CoreAtHand({ contacts: [silent, other] })
  let effects = server.turn({ type: 'start' })
  let isRoot = false
  const dialledMs: number[] = []
  const untilMs = server.now + 120_000
  while (server.now < untilMs) {
    const dials = effects.flatMap((effect) => (effect.type === 'dial' ? [effect] : []))
    if (!isRoot && effects.some((e) => e.type === 'report' && e.event.event === 'became-root')) isRoot = true
    effects = []
    for (const { link, address: to } of dials as { link: LinkId; address: Address }[]) {
      if (to.host === 'silent' && isRoot) continue
      if (isRoot) dialledMs.push(server.now)
      effects.push(...server.turn({ type: 'link-failed', link, why: 'refused', info: 'connection refused' }))
    }
    if (effects.some((effect) => effect.type === 'dial')) continue
    server.pass(20)
    effects.push(...server.turn({ type: 'tick' }))
  }
  t.true(isRoot)
  const gaps = dialledMs.slice(1).map((ms, k) => ms - dialledMs[k]!)
  t.true(gaps.length > 20)
  // Each in turn, at the latest a second and a half after the other.
  t.true(Math.max(...gaps) <= 3_200, `${Math.max(...gaps)} ms between two probes`)
})
