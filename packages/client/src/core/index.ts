/** The core of a client: pure, the same under TCP, in the simulator and in a browser. */
export * from './client-core.js'
export * from './effects.js'
export * from './inputs.js'
export * from './options.js'
