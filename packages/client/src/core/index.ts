/** The client without its sockets: runs under TCP, in a browser, in the simulator. */
export * from './effects.js'
export * from './inputs.js'
export * from './options.js'
