/** The library of /metrics. It is loaded when it is first needed: the start does without. */
import { createRequire } from 'node:module'
import type * as PromClient from 'prom-client'

export type { PromClient }

/**
 * Not by `import()`: what fails there once, since no descriptor is free, fails for as long as the process lives.
 *
 * @throws Error when it cannot be read
 */
export function loadPromClient(): typeof PromClient {
  return createRequire(import.meta.url)('prom-client') as typeof PromClient
}
