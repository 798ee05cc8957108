import { Command } from '@oclif/core/command'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { simOptions } from '../options/sim-options.js'

export default class SimCommand extends Command {
  static override summary = 'Hunt for broken promises in a simulated network, one seed at a time.'

  static override description =
    prose(`Each seed makes a world: many real server cores on simulated time and a simulated network, with crashes, partitions and
pauses. Checkers that share no code with the cores judge every promise. The same seed always tells the same story.

Exit codes: 0 every promise held; 1 one was broken; 2 usage.`)

  static override usage = 'sim [--seeds <n>] [--first <seed>] | --seed <seed> [--trace] [--shrink]'

  static override examples = [
    { description: 'A thousand worlds', command: 'jwp sim --seeds 1000' },
    { description: 'New worlds', command: 'jwp sim --seeds 1000 --first 500000' },
    { description: 'What happened in one world', command: 'jwp sim --seed 4711 --trace' },
  ]

  static override flags = flagsFrom(simOptions)

  async run(): Promise<void> {
    const { flags } = await this.parse(SimCommand)
    const { first, seed, seeds, ...settings } = settingsOf(simOptions, flags)
    const { runSim } = await import('../sim/run-sim.js')
    await runSim({ ...settings, firstSeed: seed ?? first, seeds: seed === undefined ? seeds : 1 })
  }
}
