/**
 * Two servers that are started by one script race: the second looks for the first one's secret before it is there.
 * A little patience spares people the `sleep 1`.
 */
import { findSecret } from '@jwp/server'
import { setTimeout as sleep } from 'node:timers/promises'

const limitMs = 3_000
const lookEveryMs = 50

/** Resolves as soon as the keyring knows a server at this port, or when it is time to complain. */
export async function awaitLocalSecret(port: number): Promise<void> {
  const startedMs = performance.now()
  while (findSecret(port) === undefined && performance.now() - startedMs < limitMs) await sleep(lookEveryMs)
}
