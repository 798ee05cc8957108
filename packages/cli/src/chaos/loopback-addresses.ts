/**
 * Addresses of this machine for the processes of one run. Where all of 127.0.0.0/8 is this machine (Linux, Windows),
 * every process gets one of its own, and a relay can tell who has dialled. Elsewhere (macOS) all share 127.0.0.1, and a
 * cut stops only what others have opened to a server, not what it has opened to them.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'

export interface LoopbackAddresses {
  /** Every process has its own address. */
  readonly areOwn: boolean
  /** Where the process with this number listens, and connects from. */
  process(at: number): string
  /** Where its relay listens: no connection comes from there, so its port is free when it comes back. */
  relay(at: number): string
}

export async function loopbackAddresses(): Promise<LoopbackAddresses> {
  if (!(await canListenAt('127.7.0.1'))) {
    return { areOwn: false, process: () => '127.0.0.1', relay: () => '127.0.0.1' }
  }
  return { areOwn: true, process: (at) => `127.7.0.${at + 1}`, relay: (at) => `127.7.1.${at + 1}` }
}

async function canListenAt(host: string): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(0, host)
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}
