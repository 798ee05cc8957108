/** Starting JWP servers, and what other programs of this machine may know of them. */
export { findSecret, listLocalServers, type LocalServer } from './keyring.js'
export { readPrivateJson, removeFile, writePrivateJson } from './private-file.js'
export { describeTrouble } from './disk/disk-trouble.js'
export { runtimeFolder } from './runtime-folder.js'
export type { OfflinePolicy } from '@jwp/server/core'
export type { ServerLogSettings } from './server-log.js'
export {
  CannotStart,
  type AutoscaleOptions,
  type DataOptions,
  type RemoteServer,
  type ServerProcessOptions,
} from './server-process-options.js'
export { checkPort } from './listen.js'
export { startServer, type RunningServer, type StopReason } from './start-server.js'
