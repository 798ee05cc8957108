/**
 * The user's own folder for what processes on this machine know of each other: JWP_RUNTIME_DIR, else a folder in
 * XDG_RUNTIME_DIR, else one under the temporary folder. It holds secrets, so no other user may read it.
 */
import { chmodSync, lstatSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '@jwp/transport'

/** @throws Error in words when the folder cannot be made or belongs to another user. */
export function runtimeFolder(): string {
  const { JWP_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env
  const uid = process.getuid?.() ?? 0
  const folder =
    JWP_RUNTIME_DIR ?? (XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'jwp') : join(tmpdir(), `jwp-${uid}`))
  makeFolder(folder, 0o700)
  // A link that another user put into a shared folder is not followed; a link that is configured is.
  const info = JWP_RUNTIME_DIR === undefined ? lstatSync(folder) : statSync(folder)
  if (!info.isDirectory()) throw new Error(`${folder} is no folder: set JWP_RUNTIME_DIR to one of your own`)
  if (process.getuid !== undefined && info.uid !== uid) {
    throw new Error(`${folder} belongs to another user: set JWP_RUNTIME_DIR to a folder of your own`)
  }
  if ((info.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return folder
}
