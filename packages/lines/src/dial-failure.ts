/** What a failed dial says about the other end: is the process dead, or is it only out of reach? */
import type { DialFailure } from './dial-attempt.js'
import { tlsFailureInfo, type DialTls } from './tls.js'

export interface DialTarget {
  /** A name, or an address with or without brackets. */
  readonly host: string
  /** TCP port, 1 to 65535. */
  readonly port: number
  /** Address of ours that the connection starts from; any by default. Only the target's addresses of its family are tried. */
  readonly from?: string | undefined
  /** Undefined: plain. */
  readonly tls?: DialTls | undefined
}

/** How a process opens all its connections. */
export type DialIdentity = Pick<DialTarget, 'from' | 'tls'>

/** This machine cannot use that family of addresses at all: says nothing about the other end. */
const noSuchFamily = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']

/** Several addresses of one host fail together; the process is dead only if none of them may hide it. */
export function failureOf(error: Error | undefined): DialFailure {
  const telling = codesOf(error).filter((code) => !noSuchFamily.includes(code))
  return telling.length > 0 && telling.every((code) => code === 'ECONNREFUSED') ? 'refused' : 'unreachable'
}

export function failureInfo({ host, port }: DialTarget, error: Error | undefined): string {
  const codes = codesOf(error)
  const place = `${host}:${port}`
  if (failureOf(error) === 'refused') return `nothing listens at ${place}`
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN')) return `there is no host called ${host}`
  if (codes.includes('EHOSTUNREACH') || codes.includes('ENETUNREACH')) return `there is no route to ${place}`
  const tlsInfo = error === undefined ? undefined : tlsFailureInfo(codes[0] ?? '', error.message)
  if (tlsInfo?.startsWith('the TLS handshake')) return `${tlsInfo} with what listens at ${place}`
  if (tlsInfo !== undefined) return `what listens at ${place} cannot be trusted: ${tlsInfo}`
  if (codes.includes('ETIMEDOUT') || error === undefined || error.message === '')
    return `${place} does not answer`
  return `${place}: ${error.message}`
}

/** Undefined: it can be dialled. */
export function flawOf({ host, port }: DialTarget): string | undefined {
  if (host === '' || host.length > 255 || /[\s\u0000-\u001f]/.test(host))
    return `${JSON.stringify(host)} is not a host`
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${port} is not a port`
  return undefined
}

function codesOf(error: Error | undefined): string[] {
  if (error === undefined) return []
  const all = error instanceof AggregateError ? (error.errors as Error[]) : [error]
  return all.map((each) => (each as NodeJS.ErrnoException).code ?? '')
}
