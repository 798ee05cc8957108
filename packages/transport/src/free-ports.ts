/**
 * Ports that no process on this machine listens on, and that the system gives to no connection that is dialled
 * meanwhile.
 */
import getPort from 'get-port'

/** Below the ports that Linux, macOS and Windows take for outgoing connections, above those that services have. */
const lowest = 15_000
const count = 17_000
/** So many that are taken one after another: then the system may choose. */
const maxAttempts = 50

/**
 * None is given twice by this process for a while; another process may still be quicker.
 * @param host the address that they must be free at; all addresses, unless said.
 */
export async function freePorts(wanted: number, host?: string): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < wanted) ports.push(await freePort(host))
  return ports
}

export function freePort(host?: string): Promise<number> {
  // Left to itself, get-port takes one that a connection may have by the time it is listened on.
  const port = Array.from({ length: maxAttempts }, () => anyPort(count))
  return getPort(host === undefined ? { port } : { port, host })
}

/** The first of so many ports in a row. */
export async function freePortRange(wanted: number): Promise<number> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const first = anyPort(count - wanted)
    if (await areFree(first, wanted)) return first
  }
  throw new Error(`found no ${wanted} free ports in a row`)
}

async function areFree(first: number, wanted: number): Promise<boolean> {
  for (let port = first; port < first + wanted; port++) if ((await getPort({ port })) !== port) return false
  return true
}

const anyPort = (among: number): number => lowest + Math.floor(Math.random() * among)
