import { randomInt } from 'node:crypto'
import { Command } from '@oclif/core/command'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { chaosOptions } from '../options/chaos-options.js'

export default class ChaosCommand extends Command {
  static override summary = 'Break a network of real processes at random, and account for every message.'

  static override description =
    prose(`Starts a clock and servers as processes on this machine, each behind a small relay that can fall silent. Clients publish
steadily, and a seed draws the faults: SIGKILL, SIGSTOP and SIGCONT, restarts, silent cuts in one direction or both, broken
connections, and the same for the clock. After each round of faults it waits for one whole tree. At the end it compares,
message by message, what was acknowledged with what every client received.

The verdict is on the promises in docs/failure-model.md. Always: nothing lost, nothing twice, each sender in order. One
order for all clients, unless living servers were cut off for longer than it is promised for. A server is spared when it is
the last of the root and its in-sync children. The same seed draws the same faults; how processes race depends on the machine.

Exit codes: 0 every promise held; 1 one was broken, and logs and deliveries are kept in ./jwp-chaos-<seed>.`)

  static override usage = 'chaos [--seed <seed>] [--seconds <n>] [--servers <n>] [--clients <n>] [flags]'

  static override examples = [
    { description: 'A minute of faults', command: 'jwp chaos' },
    { description: 'The faults of one seed again', command: 'jwp chaos --seed 4711' },
    {
      description: 'Pauses and cuts only, for ten minutes',
      command: 'jwp chaos --faults pause,cut --seconds 600',
    },
    { description: 'With disks, and all processes killed at once now and then', command: 'jwp chaos --data' },
  ]

  static override flags = flagsFrom(chaosOptions)

  async run(): Promise<void> {
    const { flags } = await this.parse(ChaosCommand)
    const { seed = randomInt(1, 1_000_000), ...settings } = settingsOf(chaosOptions, flags)
    const { runChaos } = await import('../chaos/run-chaos.js')
    await runChaos({ ...settings, seed })
  }
}
