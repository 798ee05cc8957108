/** Kinds of options that only the command line has: addresses as people type them. */
import type { Endpoint } from '@jwp/protocol'
import type { OptionKind } from '@jwp/protocol/options'
import { parseBaseUrls } from './parse-base-urls.js'
import { parseEndpoint, parseEndpoints } from './parse-endpoint.js'

const typedOnly = { unit: undefined, complaint: () => undefined }

const shown = ({ hostname, port }: Endpoint): string => `${hostname}:${port}`

export const endpoint: OptionKind<Endpoint> = {
  ...typedOnly,
  placeholder: '<host:port>',
  read: parseEndpoint,
  show: shown,
}

/** One or more, with commas. */
export const endpoints: OptionKind<readonly Endpoint[]> = {
  ...typedOnly,
  placeholder: '<host:port,...>',
  read: parseEndpoints,
  show: (list) => list.map(shown).join(','),
}

/** One or more addresses of an HTTP service, with commas. */
export const baseUrls: OptionKind<readonly string[]> = {
  ...typedOnly,
  placeholder: '<url,...>',
  read: parseBaseUrls,
  show: (urls) => urls.join(','),
}
