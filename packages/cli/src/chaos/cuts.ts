/** The shapes of silence, as predicates of the speaker and the hearer. */
import type { Cut, Party } from './cut-board.js'
import type { Way } from './fault.js'

/** Between two groups; `way` is seen from the first. */
function between(isInside: (party: Party) => boolean, isOutside: (party: Party) => boolean, way: Way): Cut {
  return (speaker, listener) => {
    const isSaid = isInside(speaker) && isOutside(listener)
    const isHeard = isOutside(speaker) && isInside(listener)
    return (way !== 'deaf' && isSaid) || (way !== 'mute' && isHeard)
  }
}

/** This one from all others. */
export const cutOff = (name: Party, way: Way): Cut =>
  between(
    (party) => party === name,
    (party) => party !== name,
    way,
  )

export const cutPair = (name: Party, other: Party, way: Way): Cut =>
  between(
    (party) => party === name,
    (party) => party === other,
    way,
  )

/** These servers from all other servers; clock and clients reach both. */
export const cutApart = (side: readonly Party[], servers: readonly Party[]): Cut =>
  between(
    (party) => side.includes(party),
    (party) => servers.includes(party) && !side.includes(party),
    'both',
  )

export const cutFromClients = (name: Party): Cut => cutPair(name, 'client', 'both')
