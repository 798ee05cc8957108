/** Named mixes of faults, for the command line. A seed tells another story in every mix. */
import { allFaults, processFaults, type FaultFamily } from '@jwp/simulator/world'

export type FaultMix = 'none' | 'processes' | 'all'

export const faultMixes: Readonly<Record<FaultMix, readonly FaultFamily[]>> = {
  /** Nothing goes wrong: joins, load and leaving clients only. */
  none: [],
  /** Processes die, leave and come back; so does the clock. */
  processes: processFaults,
  /** And the network parts and dawdles, and processes sleep. */
  all: allFaults,
}
