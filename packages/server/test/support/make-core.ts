/** A core as tests make it: alone, at its defaults, and called `me`, unless they say otherwise. */
import { asServerName, type Address } from '@jwp/protocol'
import {
  defaultLimits,
  defaultTiming,
  ServerCore,
  type Limits,
  type ServerOptions,
  type Timing,
} from '@jwp/server/core'

export const platform = {
  encodeUtf8: (text: string) => new TextEncoder().encode(text),
  decodeUtf8: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  /** What goes in can be read in what comes out. */
  sha256Hex: (text: string) => text,
}

export const address = (name: string): Address => ({
  name: asServerName(name),
  host: name,
  port: 1,
  secret: name,
})

/** Where the clock is said to be. */
export const clock = { host: 'c', port: 3 }

export interface CoreOptions extends Partial<Omit<ServerOptions, 'timing' | 'limits'>> {
  readonly timing?: Partial<Timing>
  readonly limits?: Partial<Limits>
}

export function makeCore({ timing, limits, ...options }: CoreOptions = {}, on = platform): ServerCore {
  return new ServerCore(
    {
      self: address('me'),
      incarnation: '1',
      remote: undefined,
      contacts: [],
      clock,
      seed: 1,
      ...options,
      timing: { ...defaultTiming, ...timing },
      limits: { ...defaultLimits, ...limits },
    },
    on,
  )
}
