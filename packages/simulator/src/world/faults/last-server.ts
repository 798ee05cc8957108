/** Whether the world continues without this server: another one lives and is not about to leave. */
import type { ServerProcess } from '../processes/server-process.js'
import type { FaultScene } from './fault-scene.js'

export function isAnyLeft(scene: FaultScene, without: ServerProcess): boolean {
  return scene.alive().some((server) => server !== without && !server.isAskedToLeave)
}
