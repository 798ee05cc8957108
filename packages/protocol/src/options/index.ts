/** How options are described. Apart from the rest of the protocol: a command line must not wait for all of it to load. */
export { maxServerNameLength } from '../limits.js'
export * from './option-kind.js'
export * from './option.js'
export * from './shared-defaults.js'
