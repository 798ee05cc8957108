/** Two ends of a link: over real sockets, and in memory. */
import { asServer, type TlsIdentity } from '@jwp/lines'
import { defaultLinkLimits, type Link, MemoryLink, until } from '@jwp/transport'
import type { ExecutionContext } from 'ava'
import { dial, testPort } from './test-port.js'
import { ThrottleProxy } from './throttle-proxy.js'

export interface LinkPair {
  readonly near: Link
  readonly far: Link
  /** `far` reads nothing until `goOn`. */
  readonly stop: () => void
  readonly goOn: () => void
  /** The network breaks. */
  readonly cut: () => void
}

export async function netPair(t: ExecutionContext, tls?: TlsIdentity): Promise<LinkPair> {
  let far: Link | undefined
  const port = await testPort(
    t,
    {
      onLink: (link) => {
        link.trust()
        far = link
      },
    },
    { tls },
  )
  const proxy = await ThrottleProxy.before(port.port)
  t.teardown(() => {
    proxy.close()
  })
  const near = await dial(proxy.port, { ...defaultLinkLimits, highWaterBytes: 262_144 }, tls && asServer(tls))
  await until(() => far !== undefined)
  return {
    near,
    far: far!,
    stop: () => {
      proxy.stop()
    },
    goOn: () => {
      proxy.goOn()
    },
    cut: () => {
      proxy.cut()
    },
  }
}

export function memoryPair(): Promise<LinkPair> {
  const [near, far] = MemoryLink.pair(100)
  return Promise.resolve({
    near,
    far,
    stop: () => {
      far.stall()
    },
    goOn: () => {
      far.resume()
    },
    cut: () => {
      near.cut()
    },
  })
}
