/** How bytes travel: links between processes of the network, JSON lines for clients, and one port for both. */
export * from './admission.js'
export * from './dial-lines.js'
export { dialLink } from './dial-link.js'
export { type DialManner, type DialTarget } from './dial-failure.js'
export * from './first-bytes.js'
export * from './free-ports.js'
export * from './line-connection.js'
export * from './line-splitter.js'
export * from './link.js'
export * from './log-sink.js'
export * from './make-folder.js'
export * from './memory-link.js'
export * from './modified-utf8.js'
export { defaultLinkLimits } from './net-link.js'
export { FullPools } from './full-pools.js'
export { shareOfStrangers, strangersPlaces, type StrangersPlaces } from './open-files.js'
export * from './pace.js'
export * from './parse-json.js'
export * from './process-lock.js'
export * from './patience.js'
export * from './relay.js'
export { type Flow } from './relayed-connection.js'
export { SharedAnswer } from './shared-answer.js'
export * from './shared-port.js'
export {
  asClient,
  asServer,
  certificateWarning,
  contextOf,
  type ClientTls,
  type DialTls,
  type TlsIdentity,
} from './tls.js'
export { TurnShare, type TurnLimits, type TurnReader } from './turn-share.js'
export * from './write-utf-splitter.js'
