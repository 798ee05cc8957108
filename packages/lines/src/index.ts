/** JSON lines over a socket, and what opens sockets: all that a client's shell needs to reach a server. */
export { failLater, type DialAttempt, type DialFailure } from './dial-attempt.js'
export { failureInfo, failureOf, flawOf, type DialIdentity, type DialTarget } from './dial-failure.js'
export { dialLines } from './dial-lines.js'
export { endSoon } from './end-soon.js'
export * from './line-connection.js'
export * from './line-splitter.js'
export * from './modified-utf8.js'
export { nodeAlarmClock, steadyUnixMs } from './node-time.js'
export { openSocket, type SocketOutcome } from './open-socket.js'
export * from './parse-json.js'
export { fateOf, hasSeenEnd, hostOf, nameOf } from './socket-facts.js'
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
