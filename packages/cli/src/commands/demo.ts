import { Command } from '@oclif/core/command'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { demoOptions } from '../options/demo-options.js'

export default class DemoCommand extends Command {
  static override summary = 'Watch a network heal: six servers, steady traffic, three of them killed.'

  static override description =
    prose(`Starts a clock and six servers as processes on free ports, connects a client to each, and lets all clients publish
steadily. Then it kills (SIGKILL) an inner server, its orphan, and the root, and draws the healed tree after each. At the
end it compares, message by message, what was acknowledged with what every client received: lost, twice, out of order. All
figures are measured in this run.

The promises decide the exit code and "ok": all acknowledged; nothing lost, doubled or out of order; one tree at the end.
Times depend on what else the machine has to do, and decide nothing.

Exit codes: 0 every promise held; 1 one was broken.`)

  static override usage = 'demo [flags]'

  static override examples = [
    { description: 'The whole story', command: 'jwp demo' },
    { description: 'With more traffic', command: 'jwp demo --rate 2000' },
    { description: 'Figures for a script', command: 'jwp demo --json | jq .kills' },
  ]

  static override flags = flagsFrom(demoOptions)

  async run(): Promise<void> {
    const { flags } = await this.parse(DemoCommand)
    const { runDemo } = await import('../demo/run-demo.js')
    await runDemo(settingsOf(demoOptions, flags))
  }
}
