/** What everything inside a world shares. */
import type { Observers } from './observers.js'
import type { SeenBy } from './surroundings.js'

export type WorldParts = SeenBy<Observers>
