/** Named mixes of faults, for the command line. A seed tells another story in every mix. */
import {
  allFaults,
  diskFaults,
  farFaults,
  lastWordsFaults,
  userFaults,
  processFaults,
  type FaultFamily,
} from '@jwp/simulator/world'

export type FaultMix = 'none' | 'processes' | 'people' | 'last-words' | 'disk' | 'far' | 'all'

export const faultMixes: Readonly<Record<FaultMix, readonly FaultFamily[]>> = {
  /** Nothing goes wrong: joins, load and leaving clients only. */
  none: [],
  /** Processes die, leave and come back; so does the clock. */
  processes: processFaults,
  /** As `processes`, in a network that parts, and in every world users come and go. */
  people: userFaults,
  /** A client and its server die right after an acknowledgement. */
  'last-words': lastWordsFaults,
  /** As `processes`, and all die at once and come back with their disks; disks fill up. */
  disk: diskFaults,
  /** As `processes`, in a network that parts, over lines of which some are a second long and lose packets. */
  far: farFaults,
  /** As `disk`, and the network parts and dawdles, and processes sleep. */
  all: allFaults,
}
