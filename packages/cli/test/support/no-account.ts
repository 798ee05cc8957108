/** Loaded before a command: the system knows no account of this user, and the environment no home. */
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

delete process.env['HOME']
delete process.env['SHELL']
const unknown = (): never => {
  throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)')
}
os.userInfo = unknown
// As the real one does, it believes the environment first.
os.homedir = () => process.env['HOME'] ?? unknown()
syncBuiltinESMExports()
