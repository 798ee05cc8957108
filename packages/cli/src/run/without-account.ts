/**
 * A user id that no account stands for and no HOME, as in many containers: Node then throws where a home folder or a
 * shell is asked for, and libraries ask while they are loaded. What stands for them is what Debian gives to `nobody`.
 */
import { homedir, userInfo } from 'node:os'

export function doWithoutAccount(): void {
  if (!works(homedir)) process.env['HOME'] = '/nonexistent'
  if (process.env['SHELL'] === undefined && !works(userInfo)) process.env['SHELL'] = '/bin/sh'
}

function works(ask: () => unknown): boolean {
  try {
    ask()
    return true
  } catch {
    return false
  }
}
