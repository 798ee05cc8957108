/** Looks on while modules are loaded, and asks their process to end when the first one of a library is wanted. */
import type { ResolveHook } from 'node:module'

let isAsked = false

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier.startsWith('@oclif/') && !isAsked) {
    isAsked = true
    process.kill(process.pid, 'SIGTERM')
  }
  return next(specifier, context)
}
