/** The core of the clock: pure, the same on a disk and in the simulator. */
export * from './clock-core.js'
