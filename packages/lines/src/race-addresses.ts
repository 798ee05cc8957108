/**
 * One connection to a host that may have several addresses (RFC 8305, "happy eyeballs"): the next address is tried when one
 * has failed or takes longer than usual, and the first that opens wins. Node's own way gives an address up when it turns to
 * the next one, so that none that is farther away than that can be reached.
 */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { LookupAddress } from 'node:dns'

/**
 * An address has so long, in milliseconds, before the next one is tried beside it. Raise: fewer needless connections to
 * hosts far away. Lower: a first address that is dead costs less.
 */
export const headStartMs = 250

export interface AddressRace {
  cancel(): void
}

/** `onFailure` when none of them opens: the error of the only one, or of all together. */
export function raceAddresses(
  addresses: readonly LookupAddress[],
  options: Omit<TcpNetConnectOpts, 'host'>,
  onOpen: (socket: Socket) => void,
  onFailure: (error: Error) => void,
): AddressRace {
  const waiting = takingTurns(addresses)
  const running = new Set<Socket>()
  const errors: Error[] = []
  let timer: NodeJS.Timeout | undefined

  const end = (winner?: Socket): void => {
    clearTimeout(timer)
    waiting.length = 0
    running.delete(winner as Socket)
    for (const socket of running) socket.destroy()
    running.clear()
  }
  const next = (): void => {
    clearTimeout(timer)
    const address = waiting.shift()
    if (address === undefined) return
    if (waiting.length > 0) timer = setTimeout(next, headStartMs)
    const socket = connect({ ...options, host: address.address })
    running.add(socket)
    socket.once('connect', () => {
      if (!running.has(socket)) return
      socket.off('error', failed)
      end(socket)
      onOpen(socket)
    })
    const failed = (error: Error): void => {
      if (!running.delete(socket)) return
      errors.push(error)
      if (waiting.length > 0) next()
      else if (running.size === 0) onFailure(errors.length === 1 ? error : new AggregateError(errors))
    }
    socket.on('error', failed)
  }
  next()
  return { cancel: end }
}

/** Both families in turn, beginning with that of the first address: one of them may lead nowhere. */
function takingTurns(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]!.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]!.family)
  const turns: LookupAddress[] = []
  for (let k = 0; k < Math.max(first.length, others.length); k++)
    turns.push(...first.slice(k, k + 1), ...others.slice(k, k + 1))
  return turns
}
