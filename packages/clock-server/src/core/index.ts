/** The cores of a clock, alone or one of several: pure, the same on a disk and in the simulator. */
export * from './clock-core.js'
export * from './lease-record.js'
export * from './leadership-facts.js'
export * from './leadership.js'
export * from './shared-clock.js'
