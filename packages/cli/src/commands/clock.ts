import { join } from 'node:path'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { portFlag } from '../flags/network-flags.js'

export default class ClockCommand extends Command {
  static override summary = 'Start the clock server, which gives the network its timestamps.'

  static override description =
    prose(`Timestamps are unique and always rise, across restarts too: a ceiling is kept in a
file before anything below it is given out. A network goes on without its clock, on time of its own, and says so.

Anyone may ask for the time with the line {"command":"GET_TIME"}.

Exit codes: 0 ended in order, 1 failed (the ceiling cannot be kept), 2 usage, 3 cannot listen.`)

  static override usage = 'clock [-lp <port>] [flags]'

  static override examples = [
    { description: 'Where servers look for it', command: 'jwp clock -lp 3779' },
    {
      description: 'Keep the ceiling in a folder of your own',
      command: 'jwp clock --data /var/lib/jwp/clock',
    },
  ]

  static override flags = {
    lp: portFlag({ helpLabel: '-lp', default: 3779, summary: 'port to listen on' }),
    lh: Flags.string({
      helpLabel: '-lh',
      helpValue: '<host>',
      summary: 'address to listen on; all addresses of this machine unless said',
    }),
    data: Flags.string({
      helpValue: '<folder>',
      summary: "folder that keeps the ceiling, as clock.json; one of the user's state folder unless said",
    }),
    file: Flags.string({
      helpValue: '<file>',
      exclusive: ['data'],
      summary: 'the same as a file of any name',
    }),
    json: Flags.boolean({ summary: 'log JSON lines' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClockCommand)
    const { runClock } = await import('../clock/run-clock.js')
    const file = flags.data === undefined ? flags.file : join(flags.data, 'clock.json')
    await runClock({ host: flags.lh, port: flags.lp, file, json: flags.json })
  }
}
