import { randomInt } from 'node:crypto'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { faultFamilies, type FaultFamily } from '../chaos/fault.js'
import { prose } from '../flags/prose.js'
import { countFlag } from '../flags/network-flags.js'

const familiesFlag = Flags.custom<readonly FaultFamily[]>({
  helpValue: faultFamilies.join(','),
  parse: (text) => Promise.resolve(parseFamilies(text)),
})

export default class ChaosCommand extends Command {
  static override summary = 'Break a network of real processes at random, and account for every message.'

  static override description =
    prose(`Starts a clock and servers as processes on this machine, each behind a small relay that can fall silent,
connects clients that publish steadily, and lets faults strike that are drawn from a seed: SIGKILL, SIGSTOP and SIGCONT,
restarts, silent cuts in both or one direction, broken connections, and the same for the clock. After each round of
faults it waits for one whole tree. At the end it compares, message by message, what was acknowledged with what every
client received.

Judged is what docs/failure-model.md promises: nothing lost, nothing twice, each sender's order, always; one order for
everybody unless living servers were parted for longer than it is promised for. A server is spared when it is the last of
the root and its core. The same seed draws the same faults; how processes race is up to the machine.

Exit codes: 0 every promise held; 1 one was broken, and logs and deliveries are kept in ./jwp-chaos-<seed>.`)

  static override usage = 'chaos [--seed <seed>] [--seconds <n>] [--servers <n>] [--clients <n>] [flags]'

  static override examples = [
    { description: 'A minute of faults', command: 'jwp chaos' },
    { description: 'The faults of one seed again', command: 'jwp chaos --seed 4711' },
    {
      description: 'Pauses and cuts only, for ten minutes',
      command: 'jwp chaos --faults pause,cut --seconds 600',
    },
    { description: 'With disks, and everybody killed at once now and then', command: 'jwp chaos --data' },
  ]

  static override flags = {
    seed: countFlag({ helpValue: '<seed>', summary: 'draws the faults; a random one unless said' }),
    seconds: countFlag({ default: 60, summary: 'how long faults go on; healing may add to it' }),
    servers: countFlag({ default: 6, summary: 'how many servers, 2 to 60' }),
    clients: countFlag({ default: 8, summary: 'how many clients, 2 or more' }),
    rate: countFlag({ default: 100, summary: 'messages a second, of all clients together' }),
    faults: familiesFlag({
      summary: 'which kinds of faults strike, with commas between them; all unless said',
    }),
    data: Flags.boolean({
      summary: 'give every server a disk; then all servers and the clock are killed at once, too',
    }),
    balance: Flags.boolean({
      summary:
        'let servers move clients to those that have fewer; silence is that of moving clients, too, then',
    }),
    json: Flags.boolean({ summary: 'print one JSON object at the end, and nothing else' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ChaosCommand)
    if (flags.servers < 2 || flags.servers > 60) this.error('--servers: 2 to 60', { exit: 2 })
    if (flags.clients < 2) this.error('--clients: 2 or more', { exit: 2 })
    const { runChaos } = await import('../chaos/run-chaos.js')
    await runChaos({
      seed: flags.seed ?? randomInt(1, 1_000_000),
      seconds: flags.seconds,
      servers: flags.servers,
      clients: flags.clients,
      perSecond: flags.rate,
      families: flags.faults ?? faultFamilies,
      data: flags.data,
      balance: flags.balance,
      json: flags.json,
    })
  }
}

function parseFamilies(text: string): FaultFamily[] {
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !(faultFamilies as readonly string[]).includes(word))
  if (unknown !== undefined)
    throw new Error(`${JSON.stringify(unknown)} is none of ${faultFamilies.join(', ')}`)
  return words as FaultFamily[]
}
