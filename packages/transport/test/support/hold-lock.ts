/** A process of its own that wants a lock: waits for a line, tries, prints `got` or `refused`, and keeps what it got. */
import { LockedByProcess, lockForProcess } from '@jwp/transport'

process.stdout.write('ready\n')
process.stdin.once('data', () => {
  try {
    lockForProcess(process.argv[2]!)
    process.stdout.write('got\n')
  } catch (error) {
    if (!(error instanceof LockedByProcess)) throw error
    process.stdout.write('refused\n')
  }
})
