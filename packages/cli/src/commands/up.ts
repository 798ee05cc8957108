import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { countFlag, portFlag } from '../flags/network-flags.js'

export default class UpCommand extends Command {
  static override summary = 'Start a whole network on this machine: a clock and a tree of servers.'

  static override description =
    prose(`Every server is a process of its own. Their logs appear with the port of each in
front, and on a terminal the tree is drawn below them. Ctrl-C ends everything in order, a second Ctrl-C at once;
no process stays behind, however this one ends.

Exit codes: 0 ended in order, 1 a server died, 2 usage, 3 a port is in use.`)

  static override usage = 'up [--servers <n>] [flags]'

  static override examples = [
    { description: 'Three servers on 3781, 3782, 3783 and a clock on 3779', command: 'jwp up' },
    { description: 'Seven servers, three below each', command: 'jwp up --servers 7 --fan-out 3' },
    { description: 'A network that goes on where it ended', command: 'jwp up --data ./network' },
    { description: 'Beside another network', command: 'jwp up --clock-port 4779 --port-base 4781' },
  ]

  static override flags = {
    servers: countFlag({ char: 'n', default: 3, summary: 'how many servers' }),
    'clock-port': portFlag({ default: 3779, summary: 'port of the clock' }),
    'port-base': portFlag({ default: 3781, summary: 'port of the first server; the others follow' }),
    'fan-out': countFlag({ default: 2, summary: 'servers that join each server' }),
    data: Flags.string({
      helpValue: '<folder>',
      summary: 'keep everything in folders below this one, and go on from there the next time',
    }),
    json: Flags.boolean({ summary: 'servers log JSON lines; nothing is drawn' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(UpCommand)
    const { runUp } = await import('../up/run-up.js')
    await runUp({
      count: flags.servers,
      clockPort: flags['clock-port'],
      firstPort: flags['port-base'],
      fanOut: flags['fan-out'],
      data: flags.data,
      json: flags.json,
    })
  }
}
