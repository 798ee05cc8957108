/** `startClock` is checked by the list of options. */
import test from 'ava'
import { CannotStartClock, startClock } from '@jwp/clock-server'

const etcd = ['http://127.0.0.1:1']

const table: readonly (readonly [options: object, says: string])[] = [
  [{ listenPort: -1 }, 'listenPort (-lp): a number from 0 to 65535, not -1'],
  [{ bindHost: 5 }, 'bindHost (-lh): a text, not 5'],
  [{ leaseMs: 500 }, 'there is no option leaseMs, there are listenPort, bindHost, file, peers, tls, log'],
  [{ peers: { etcd, leaseMs: 199 } }, 'peers.leaseMs (--lease): 200 to 60000 ms, not 199'],
  [{ peers: { etcd, leaseMs: 60_001 } }, 'peers.leaseMs (--lease): 200 to 60000 ms, not 60001'],
  [{ peers: { etcd, leaseMs: '1s' } }, 'peers.leaseMs (--lease): a number of ms, 0 or more, not "1s"'],
  [{ peers: { etcd: [] } }, 'several clocks need more than no address of an etcd'],
]

for (const [options, says] of table) {
  test(`startClock says: ${says}`, async (t) => {
    const started = startClock({ listenPort: 0, log: { silent: true }, ...options })
    const error = await t.throwsAsync(started, { instanceOf: CannotStartClock })
    t.is(error.code, 'bad-option')
    t.is(error.message, says)
  })
}
