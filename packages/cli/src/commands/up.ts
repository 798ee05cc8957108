import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { knownFlagsOf } from '../argv/known-flags.js'
import { wordsThatSet } from '../argv/words-that-set.js'
import { countFlag, portFlag } from '../flags/network-flags.js'
import { networkWideFlags } from '../flags/network-wide-flags.js'
import { tlsFlags } from '../flags/tls-flags.js'

export default class UpCommand extends Command {
  static override summary = 'Start a whole network on this machine: a clock and a tree of servers.'

  static override description =
    prose(`Every server is a process of its own. Their logs appear with the port of each in
front, and on a terminal the tree is drawn below them. Ctrl-C ends everything in order, a second Ctrl-C at once;
no process stays behind, however this one ends, not even those that --autoscale has started.

The flags of every server are handed on as they are; docs/operations.md tells more of them. With TLS all share one
certificate, which must name localhost.

Exit codes: 0 ended in order, 1 a server died, 2 usage, 3 a port is in use.`)

  static override usage = 'up [--servers <n>] [flags]'

  static override examples = [
    { description: 'Three servers on 3781, 3782, 3783 and a clock on 3779', command: 'jwp up' },
    { description: 'Seven servers, three below each', command: 'jwp up --servers 7 --fan-out 3' },
    { description: 'A network that goes on where it ended', command: 'jwp up --data ./network' },
    { description: 'Beside another network', command: 'jwp up --clock-port 4779 --port-base 4781' },
    {
      description: 'A network that grows when its servers are full',
      command: 'jwp up --max-clients 200 --autoscale',
    },
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
    json: Flags.boolean({ summary: 'clock and servers log JSON lines; nothing is drawn' }),
    ...inHelpGroup('every server', networkWideFlags),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(UpCommand)
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runUp } = await import('../up/run-up.js')
    const json = flags.json ? ['--json'] : []
    await runUp({
      count: flags.servers,
      clockPort: flags['clock-port'],
      firstPort: flags['port-base'],
      fanOut: flags['fan-out'],
      data: flags.data,
      serverFlags: [...wordsThatSet(knownFlagsOf({ flags: networkWideFlags }), this.argv), ...json],
      clockFlags: [...wordsThatSet(knownFlagsOf({ flags: tlsFlags }), this.argv), ...json],
      autoscale: flags.autoscale,
      tls: tlsIdentityFrom(flags),
      tlsCaFile: flags['tls-ca'],
      json: flags.json,
    })
  }
}

/** `--help` shows them below a headline of their own, so that they do not bury the others. */
function inHelpGroup<Known extends Readonly<Record<string, object>>>(helpGroup: string, flags: Known): Known {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { ...flag, helpGroup }]),
  ) as Known
}
