/** What strangers can ask for is there before they ask. */
import { createRequire } from 'node:module'
import test from 'ava'
import { eventually } from '@jwp/transport'
import { serve } from './support/server-under-test.js'

test('the library of /metrics is loaded without anybody asking', async (t) => {
  const { cache } = createRequire(import.meta.url)
  const isLoaded = (): boolean => Object.keys(cache).some((path) => /[/\\]prom-client[/\\]/.test(path))
  t.false(isLoaded(), 'it slows down no start')
  const server = await serve(t)
  await eventually('it is loaded', () => (isLoaded() ? true : undefined))
  const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`)
  t.regex(await answer.text(), /^jwp_clients 0$/m)
})
