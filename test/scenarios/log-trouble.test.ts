/** A server outlives what becomes of its log: the disk under it is full, or its reader is gone. */
import { eventually, freePort } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RealNetwork } from '../support/real-network.js'

const jwp = fileURLToPath(new URL('../../../packages/cli/bin/jwp.js', import.meta.url))
const full = '/dev/full'

for (const [command, role] of [
  ['server', 'root'],
  ['clock', 'clock'],
] as const) {
  const withFullDisk = existsSync(full) ? test : test.skip
  withFullDisk(`jwp ${command} goes on when the disk of its log is full`, async (t) => {
    const port = await freePort()
    const log = openSync(full, 'w')
    t.teardown(() => {
      closeSync(log)
    })
    start(t, command, port, log)
    t.is(await roleAt(port), role)
  })

  test(`jwp ${command} goes on when the reader of its log is gone`, async (t) => {
    const port = await freePort()
    const child = start(t, command, port, 'pipe')
    child.stderr!.destroy()
    t.is(await roleAt(port), role)
  })
}

function start(t: ExecutionContext, command: string, port: number, stderr: number | 'pipe'): ChildProcess {
  const network = new RealNetwork(t)
  const more =
    command === 'clock' ? ['--file', join(network.folder, 'clock.json')] : ['--clock', 'localhost:1']
  const child = spawn(process.execPath, [jwp, command, '-lp', String(port), ...more], {
    stdio: ['ignore', 'ignore', stderr],
    env: { ...process.env, JWP_RUNTIME_DIR: network.folder },
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What answers there, asked again after it has written some lines. */
function roleAt(port: number): Promise<string> {
  return eventually('it answers', async () => {
    try {
      const { role } = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { role: string }
      return role === 'orphan' ? undefined : role
    } catch {
      return undefined
    }
  })
}
