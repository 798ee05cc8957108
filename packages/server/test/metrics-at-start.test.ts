/** What strangers can ask for is there before they ask. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import test from 'ava'
import { eventually, serve } from './support/server-under-test.js'

test('the library of /metrics is loaded without anybody asking', async (t) => {
  const { cache } = createRequire(import.meta.url)
  const isLoaded = (): boolean => Object.keys(cache).some((path) => /[/\\]prom-client[/\\]/.test(path))
  t.false(isLoaded(), 'it slows down no start')
  const server = await serve(t)
  await eventually('it is loaded', () => (isLoaded() ? true : undefined))
  const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`)
  t.regex(await answer.text(), /^jwp_clients 0$/m)
})

/** Prints what loading answers while no descriptor is free, and then with some. */
const program = `
import { closeSync, openSync } from 'node:fs'
const { loadPromClient } = await import(process.argv[1])
const open = []
const tryIt = () => { try { return typeof loadPromClient().Registry } catch (error) { return error.code } }
try { for (;;) open.push(openSync('/dev/null')) } catch {}
const first = tryIt()
open.forEach((descriptor) => closeSync(descriptor))
process.stdout.write(first + ' ' + tryIt())
`

test('a library that could not be loaded while no descriptor was free is loaded later', async (t) => {
  const module = new URL('../../dist/shell/prom-client.js', import.meta.url).href
  const node = [process.execPath, '--input-type=module', '--eval', program, module]
  const { stdout } = await promisify(execFile)('prlimit', ['--nofile=100', ...node])
  t.is(stdout, 'EMFILE function')
})
