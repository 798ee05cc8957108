/** Why a server did not start, or had to stop, with what to do about it. */
import { isLoopbackHost } from '@jwp/protocol'
import { CannotStart, type ServerProcessOptions } from '@jwp/server'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes, type ExitCode } from '../failure/exit-codes.js'
import { tlsAdvice } from '../secrets/tls-files.js'

type JoinSettings = Pick<ServerProcessOptions, 'listenPort' | 'bindHost' | 'remote'>

/** Anything that is not ours comes back as it is. */
export function explainStart(error: unknown, { listenPort: port, bindHost, remote }: JoinSettings): unknown {
  if (!(error instanceof CannotStart)) return error
  const nearby = remote !== undefined && isLoopbackHost(remote.host)
  switch (error.code) {
    case 'port-in-use':
      return new CliFailure(`port ${port} is in use`, {
        advice: `another port (-lp ${port < 65_535 ? port + 1 : port - 1}), or "jwp tree" to see whether this server runs already`,
        exitCode: exitCodes.cannotListen,
      })
    case 'cannot-listen':
      return new CliFailure(error.message, {
        advice: bindHost === undefined ? 'a port above 1023 (-lp)' : 'another address or port (--bind, -lp)',
        exitCode: exitCodes.cannotListen,
      })
    case 'secret-missing':
      return nearby
        ? new CliFailure(`no server of yours listens on port ${remote.port} of this machine`, {
            advice: `jwp server -lp ${remote.port} first; or -s <secret>, if another user started it`,
            exitCode: exitCodes.unreachable,
          })
        : new CliFailure(`joining a server on another machine needs its secret`, {
            advice: `-s <secret> or JWP_PARENT_SECRET=<secret>: the -ms that ${remote?.host}:${remote?.port} was started with`,
            exitCode: exitCodes.usage,
          })
    case 'data':
      return new CliFailure(error.message, { exitCode: exitCodes.failed })
    case 'tls':
      return new CliFailure(error.message, {
        advice: tlsAdvice,
        exitCode: exitCodes.usage,
      })
    case 'bad-option':
      return new CliFailure(error.message, { advice: 'jwp server --help', exitCode: exitCodes.usage })
  }
}

/** A server that ended by itself, e.g. since the network refused it. */
export function explainStop(exitCode: number, info: string, { remote }: JoinSettings): CliFailure {
  const place = remote ? `${remote.host}:${remote.port}` : 'the network'
  const advice = /TLS|certificate/.test(info)
    ? `--tls-cert, --tls-key and --tls-ca: a certificate signed by the CA that ${place} trusts`
    : /secret/.test(info)
      ? `-s <secret>: the -ms that ${place} was started with`
      : /name/.test(info)
        ? 'another --name (or -lp), or wait until the network has noticed that the old server is gone'
        : undefined
  return new CliFailure(info, { ...(advice && { advice }), exitCode: exitCode as ExitCode })
}
