/** The core of a server: pure, replayable, the same under TCP and in the simulator. */
export { applyChange, nothingStored } from './disk/apply-change.js'
export type { BaseAdvance, StoreChange, StoredBase, StoredState } from './disk/store-change.js'
export * from './effects.js'
export type { ServerFigures } from './figures.js'
export * from './inputs.js'
export * from './options.js'
export { ServerCore } from './server-core.js'
export type { Inspection } from './status.js'
