/**
 * The kinds of flags that several commands share. Flags of the source designs keep their names, single dash and
 * all (see `argv/argv-rewriting.ts`); `helpLabel` shows them as they are typed.
 */
import * as Flags from '@oclif/core/flags'
import type { Endpoint } from '@jwp/protocol'
import { parseBaseUrls } from './parse-base-urls.js'
import { parseEndpoint, parseEndpoints, parsePort } from './parse-endpoint.js'

export const portFlag = Flags.custom<number>({
  helpValue: '<port>',
  parse: (text) => Promise.resolve(parsePort(text)),
})

export const endpointFlag = Flags.custom<Endpoint>({
  helpValue: '<host:port>',
  parse: (text) => Promise.resolve(parseEndpoint(text)),
})

/** One or more, with commas. */
export const endpointsFlag = Flags.custom<readonly Endpoint[]>({
  helpValue: '<host:port,...>',
  parse: (text) => Promise.resolve(parseEndpoints(text)),
})

/** One or more addresses of an HTTP service, with commas. */
export const baseUrlsFlag = Flags.custom<readonly string[]>({
  helpValue: '<url,...>',
  parse: (text) => Promise.resolve(parseBaseUrls(text)),
})

/** A whole number of milliseconds, 0 or more. */
export const millisecondsFlag = Flags.custom<number>({
  helpValue: '<ms>',
  parse: (text) => Promise.resolve(parseWholeNumber(text, 'milliseconds')),
})

/** A whole number above 0. */
export const countFlag = Flags.custom<number>({
  helpValue: '<n>',
  parse: (text) => {
    const count = parseWholeNumber(text, 'how many')
    if (count === 0) throw new Error('at least 1 is needed')
    return Promise.resolve(count)
  },
})

function parseWholeNumber(text: string, what: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value))
    throw new Error(`a whole number (${what}) was expected, not ${JSON.stringify(text)}`)
  return value
}
