/** What `jwp server` and `jwp clock` have in common: they stay until they are asked to end, or have to. */
import { exitCodes } from '../failure/exit-codes.js'
import { endRequests } from './end-request.js'
import { tellSupervisor } from './supervision.js'

interface Service {
  readonly port: number
  /** Resolves when it has ended, however it came to that. */
  readonly stopped: Promise<StopReason>
  /** Something happened to the process that changes nothing: a line in the log. */
  note(info: string): void
}

export interface StopReason {
  /** 0: in order. */
  readonly exitCode: number
  readonly info: string
}

/** A server outlives the terminal, or the login, in which it was started. */
const terminalClosed = 'SIGHUP changes nothing: SIGTERM ends this process'

/** Starts it, tells the supervisor, and lets it `leave` in order when that is asked for. Resolves when it has ended. */
export async function runUntilEnded<Started extends Service>(
  start: () => Promise<Started>,
  leave: (service: Started) => unknown,
): Promise<StopReason> {
  let note = (_info: string): void => undefined
  const requests = endRequests(undefined, () => note(terminalClosed))
  try {
    const service = await Promise.race([start(), requests.first])
    // Nothing has begun yet that could be ended in order.
    if (typeof service === 'string') process.exit(exitCodes.ok)
    note = (info) => service.note(info)
    void requests.first.then(() => leave(service))
    tellSupervisor({ type: 'listening', port: service.port })
    return await service.stopped
  } finally {
    // Listening for the end of a supervisor would keep this process alive for as long as that lives.
    requests.ignore()
  }
}
