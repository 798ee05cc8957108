import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { countFlag } from '../flags/network-flags.js'

export default class SimCommand extends Command {
  static override summary = 'Hunt for broken promises in a simulated network, one seed at a time.'

  static override description =
    prose(`Each seed makes a world: many real server cores on invented time and an invented
network, with crashes, partitions and pauses. Checkers written apart from the cores judge every promise. The same
seed always tells the same story.

Exit codes: 0 every promise held, 1 one was broken, 2 usage.`)

  static override usage = 'sim [--seeds <n>] [--first <seed>] | --seed <seed> [--trace] [--shrink]'

  static override examples = [
    { description: 'A thousand worlds', command: 'jwp sim --seeds 1000' },
    { description: 'Worlds that nobody has seen yet', command: 'jwp sim --seeds 1000 --first 500000' },
    { description: 'What happened in one world', command: 'jwp sim --seed 4711 --trace' },
  ]

  static override flags = {
    seeds: countFlag({ default: 100, summary: 'how many seeds to run' }),
    first: countFlag({ default: 1, helpValue: '<seed>', summary: 'the first of them' }),
    seed: countFlag({
      helpValue: '<seed>',
      summary: 'run this one seed only',
      exclusive: ['seeds', 'first'],
    }),
    faults: Flags.option({
      options: ['none', 'processes', 'people', 'last-words', 'disk', 'far', 'all'] as const,
    })({
      default: 'processes',
      summary:
        'what goes wrong: nothing; crashes of servers and clock; a client and its server right after an acknowledgement; crashes of everybody at once with disks that remain; crashes and partings over lines that are up to a second long; all that and the network, pauses, clocks',
    }),
    trace: Flags.boolean({ dependsOn: ['seed'], summary: 'print everything that happens' }),
    shrink: Flags.boolean({
      summary:
        'make a failing world smaller while it still fails, tell that one, and write its story to jwp-sim-<seed>.txt',
    }),
    json: Flags.boolean({ summary: 'print one JSON object at the end' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(SimCommand)
    const { runSim } = await import('../sim/run-sim.js')
    await runSim({
      firstSeed: flags.seed ?? flags.first,
      seeds: flags.seed === undefined ? flags.seeds : 1,
      faults: flags.faults,
      trace: flags.trace,
      shrink: flags.shrink,
      json: flags.json,
    })
  }
}
