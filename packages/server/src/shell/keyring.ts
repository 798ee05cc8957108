/**
 * The local keyring: each server on this machine leaves its port and secret in the user's runtime folder, so that
 * `jwp server -rp 3781` joins without `-s` and `jwp tree` finds the network without an address. For loopback only.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readPrivateJson, removeFile, writePrivateJson } from './private-file.js'
import { runtimeFolder } from './runtime-folder.js'

export interface LocalServer {
  readonly port: number
  readonly pid: number
  readonly secret: string
  readonly name: string
  readonly hostname: string
  readonly clock: { readonly host: string; readonly port: number }
}

const pattern = /^server-\d+\.json$/

/**
 * Servers of this user that are alive on this machine, by port.
 * @throws Error when the runtime folder cannot be used
 */
export function listLocalServers(): LocalServer[] {
  const folder = runtimeFolder()
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .map((file) => readPrivateJson(join(folder, file)))
    .filter(isLocalServer)
    .filter((server) => isAlive(server.pid))
    .sort((a, b) => a.port - b.port)
}

/** The secret of the server that listens at this port on this machine. A folder that cannot be used knows none. */
export function findSecret(port: number): string | undefined {
  try {
    const server = readPrivateJson(keyringFileOf(port))
    return isLocalServer(server) && isAlive(server.pid) ? server.secret : undefined
  } catch {
    return undefined
  }
}

/** @throws Error when the runtime folder cannot be written */
export function enterKeyring(server: LocalServer): void {
  writePrivateJson(keyringFileOf(server.port), server)
}

/**
 * Removes only the entry of this server: one that took over the port meanwhile keeps its own. Never throws: leaving
 * continues without it.
 */
export function leaveKeyring(port: number): void {
  try {
    const server = readPrivateJson(keyringFileOf(port))
    if (!isLocalServer(server) || server.pid !== process.pid) return
    writePrivateJson(leftFileOf(port), { secret: server.secret })
    removeFile(keyringFileOf(port))
  } catch {
    // The folder is gone or out of reach. What remains does no harm: entries of dead processes are ignored.
  }
}

/**
 * The secret of the server that listened at this port last, whether it left or was killed. By it other servers
 * recognize it when it is started again without one, and it recognizes its configured parent when that one is down.
 */
export function findFormerSecret(port: number): string | undefined {
  try {
    const killed = readPrivateJson(keyringFileOf(port))
    if (isLocalServer(killed)) return killed.secret
    const { secret } = (readPrivateJson(leftFileOf(port)) ?? {}) as { secret?: unknown }
    return typeof secret === 'string' ? secret : undefined
  } catch {
    // A folder that cannot be used remembers none.
    return undefined
  }
}

/** @throws Error when the runtime folder cannot be used */
export function keyringFileOf(port: number): string {
  return join(runtimeFolder(), `server-${port}.json`)
}

function leftFileOf(port: number): string {
  return join(runtimeFolder(), `left-${port}.json`)
}

function isLocalServer(value: unknown): value is LocalServer {
  const { port, pid, secret } = (value ?? {}) as Partial<Record<keyof LocalServer, unknown>>
  return typeof port === 'number' && typeof pid === 'number' && typeof secret === 'string'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
