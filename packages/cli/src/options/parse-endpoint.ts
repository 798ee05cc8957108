/** Reads `host:port` as people type it. */
import type { Endpoint } from '@jwp/protocol'
import { defaultHost, defaultServerPort, hostFault, readPort } from '@jwp/protocol/options'

/** More than any network has, and each is asked in turn. */
const maxEndpoints = 16

/** `host:port`, `[::1]:port`, or a bare port of this machine. @throws Error that says what was expected. */
export function parseEndpoint(text: string): Endpoint {
  if (/^\d+$/.test(text)) return { hostname: defaultHost, port: readPort(text) }
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  const hostname = match?.[1] ?? match?.[2]
  if (!match || hostname === undefined || hostFault(hostname) !== undefined)
    throw new Error(
      `expected host:port, such as ${defaultHost}:${defaultServerPort}, not ${JSON.stringify(text)}`,
    )
  return { hostname, port: readPort(match[3]!) }
}

/** Endpoints with commas between, each once. @throws Error that says what was expected. */
export function parseEndpoints(text: string): readonly Endpoint[] {
  const endpoints = text.split(',').map((each) => parseEndpoint(each.trim()))
  const distinct = new Map(endpoints.map((each) => [`${each.hostname}:${each.port}`, each]))
  if (distinct.size > maxEndpoints) throw new Error(`at most ${maxEndpoints} addresses`)
  return [...distinct.values()]
}
