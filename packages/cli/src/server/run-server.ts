/** `jwp server`: one server for as long as this process lives. */
import { checkPort, startServer, type RunningServer, type ServerProcessOptions } from '@jwp/server'
import { isLoopbackHost } from '@jwp/protocol'
import { runUntilEnded } from '../run/run-until-ended.js'
import { awaitLocalSecret } from './await-local-secret.js'
import { checkHost } from './check-host.js'
import { explainStart, explainStop } from './explain-start.js'

/** @throws CliFailure when the server cannot start. Later ends set the exit code of the process. */
export async function runServer(options: ServerProcessOptions): Promise<void> {
  const { exitCode, info } = await runUntilEnded(
    () => start(options),
    (server) => server.leave(),
  )
  if (exitCode !== 0) throw explainStop(exitCode, info, options)
}

async function start(options: ServerProcessOptions): Promise<RunningServer> {
  const { remote } = options
  try {
    // Waiting for the other server takes a while, and would be in vain.
    if (remote) await checkPort(options)
    if (remote && !isLoopbackHost(remote.host)) await checkHost(remote.host)
    else if (remote && remote.secret === undefined) await awaitLocalSecret(remote.port)
    return await startServer(options)
  } catch (error) {
    throw explainStart(error, options)
  }
}
