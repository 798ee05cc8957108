/** Why a login or a registration failed, and what to do about it. The words are the servers'. */
import { LoginFailed, Refused, RegisterFailed } from '@jwp/client'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'

/** The user name and secret, as far as they were given. */
export interface Who {
  readonly username: string | undefined
  /** Chosen for them, and not shown yet. */
  readonly newSecret: string | undefined
}

/** What was thrown, as a failure that a user can read; what is none of ours as it is. */
export function explainLogin(error: unknown, who: Who): unknown {
  const isOurs = error instanceof RegisterFailed || error instanceof LoginFailed || error instanceof Refused
  if (!isOurs) return error
  const { message } = error
  if (message.includes('speaks TLS only')) {
    return new CliFailure(message.replace(/^[A-Z_]+: /, ''), {
      advice: '--tls-ca <file> with the CA of that network, or --tls if this system trusts it',
      exitCode: exitCodes.refused,
    })
  }
  if (error instanceof Refused) {
    return new CliFailure(`what listens there rejects logins: ${message}`, {
      advice: 'the port of a server (-rp); jwp tree shows those of this machine',
      exitCode: exitCodes.refused,
    })
  }
  const advice = error instanceof RegisterFailed ? afterRegister(message, who) : afterLogin(message, who)
  return new CliFailure(message, { advice, exitCode: exitCodes.refused })
}

function afterRegister(message: string, { username, newSecret }: Who): string {
  if (message.includes('is already registered'))
    return `-u ${username} -s <secret>, if ${username} is you; another name (-u) if not`
  // No one else knows the secret that was made up.
  if (/may (have been|still become) registered/.test(message))
    return `-u ${username} -s ${newSecret}, and if that is not registered, -u ${username} alone again`
  if (message.includes('cannot be registered')) return 'another name (-u)'
  if (message.includes('try again')) return 'the same again in a while'
  return 'the same again; jwp tree shows how the network is'
}

function afterLogin(message: string, { username }: Who): string {
  if (message.includes('cannot be registered')) return `the name as it was registered (-u)`
  if (message.includes('is not registered'))
    return `jwp client with -u ${username} and no secret, which registers the name; or check its spelling`
  if (message.includes('try again')) return 'the same again in a while'
  return `-s with the secret that was shown when ${username} was registered; another name (-u) if it is not yours`
}
