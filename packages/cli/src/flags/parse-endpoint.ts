/** Reads `host:port` as people type it. */
import type { Endpoint } from '@jwp/protocol'

/** More than anybody has, and each is asked in turn. */
const maxEndpoints = 16

/** @throws Error that says what a port is. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535)
    throw new Error(`a port is a number from 1 to 65535, not ${JSON.stringify(text)}`)
  return port
}

/** `host:port`, `[::1]:port`, or a bare port on `defaultHost`. @throws Error that says what was expected. */
export function parseEndpoint(text: string, defaultHost = 'localhost'): Endpoint {
  if (/^\d+$/.test(text)) return { hostname: defaultHost, port: parsePort(text) }
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  if (!match) throw new Error(`expected host:port, such as localhost:3781, not ${JSON.stringify(text)}`)
  return { hostname: (match[1] ?? match[2])!, port: parsePort(match[3]!) }
}

/** Endpoints with commas between, each once. @throws Error that says what was expected. */
export function parseEndpoints(text: string): readonly Endpoint[] {
  const endpoints = text.split(',').map((each) => parseEndpoint(each.trim()))
  const distinct = new Map(endpoints.map((each) => [`${each.hostname}:${each.port}`, each]))
  if (distinct.size > maxEndpoints) throw new Error(`at most ${maxEndpoints} addresses`)
  return [...distinct.values()]
}
