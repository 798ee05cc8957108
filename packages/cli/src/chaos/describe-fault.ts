/** A fault in words, for the schedule and for the report while it strikes. */
import type { Fault, Target, Way } from './fault.js'

/** `who`: what the target turned out to be, when it is known. */
export function describeFault(fault: Fault, who?: string): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${subject(fault.target, who)}, back after ${seconds(fault.backAfterMs)}`
    case 'restart':
      return `restart ${subject(fault.target, who)} in order`
    case 'pause':
      return `pause ${subject(fault.target, who)} for ${seconds(fault.forMs)}`
    case 'cut-off':
      return `cut ${subject(fault.target, who)} off${wayWords(fault.way)} for ${seconds(fault.forMs)}`
    case 'cut-pair':
      return `cut between ${subject(fault.target, who)} and ${fault.other}${wayWords(fault.way)} for ${seconds(fault.forMs)}`
    case 'cut-apart':
      return `cut ${fault.side.join(', ')} from all others for ${seconds(fault.forMs)}`
    case 'cut-clients':
      return `cut ${subject(fault.target, who)} from its clients for ${seconds(fault.forMs)}`
    case 'hang-up':
      return `break all connections to ${subject(fault.target, who)}`
    case 'clock':
      return `${fault.how === 'kill' ? 'kill -9' : fault.how} the clock for ${seconds(fault.forMs)}`
    case 'blackout':
      return `kill -9 all servers and the clock, back after ${seconds(fault.backAfterMs)}`
  }
}

/** Kinds of faults with healing times of their own: the root is a special case. */
export function kindOf(fault: Fault, isRoot: boolean): string {
  switch (fault.kind) {
    case 'kill':
    case 'restart':
    case 'pause':
      return `${fault.kind} ${isRoot ? 'the root' : 'another server'}`
    case 'cut-off':
      return `cut ${isRoot ? 'the root' : 'another server'} off`
    case 'cut-pair':
      return 'cut between two servers'
    case 'cut-apart':
      return 'cut the network apart'
    case 'cut-clients':
      return 'cut a server from its clients'
    case 'hang-up':
      return 'break connections'
    case 'clock':
      return `clock ${fault.how}`
    case 'blackout':
      return 'kill all'
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`

function subject(target: Target, who: string | undefined): string {
  if ('server' in target) return target.server
  const role = target.role === 'root' ? 'the root' : 'the heir'
  return who === undefined ? role : `${role} (${who})`
}

const wayWords = (way: Way) =>
  way === 'both' ? '' : way === 'deaf' ? ' (it hears nothing)' : ' (it is not heard)'
