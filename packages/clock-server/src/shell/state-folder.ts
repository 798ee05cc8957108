/** Where the clock's ceiling lives by default: it must outlive the process and the login, unlike the runtime folder. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export function defaultCeilingPath(port: number): string {
  const { JWP_RUNTIME_DIR, XDG_STATE_HOME } = process.env
  const folder = JWP_RUNTIME_DIR ?? join(XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'jwp')
  return join(folder, `clock-${port}.json`)
}
