/** @jwp/client: publish and receive activities over a network of JWP servers. */
export type { AckLevel, Activity, Endpoint } from '@jwp/protocol'
export type { ClientTls } from '@jwp/lines'
export type { ClientLimits } from '@jwp/client/core'
export { connect } from './connect.js'
export type { ConnectOptions, ServerAddress } from './connect-options.js'
export { Connection, type Broadcast, type Receipt } from './connection.js'
export * from './errors.js'
export { register, type RegisterOptions } from './register.js'
