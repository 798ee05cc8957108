import { Command } from '@oclif/core/command'
import { knownFlagsOf } from '../argv/known-flags.js'
import { wordsThatSet } from '../argv/words-that-set.js'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { sharedServerFlags } from '../flags/server-flags.js'
import { prose } from '../flags/prose.js'
import { tlsOptions } from '../options/tls-options.js'
import { upOptions } from '../options/up-options.js'

export default class UpCommand extends Command {
  static override summary = 'Start a whole network on this machine: a clock and a tree of servers.'

  static override description =
    prose(`Every server is a process of its own. Its log lines appear behind its port, and on a terminal the tree is drawn below them.
Ctrl-C ends all of them in order, a second Ctrl-C at once. However this command ends, no process stays behind, not even
those that --autoscale has started.

The flags in groups are handed on to every server. With TLS all servers share one certificate, which must name localhost.

Exit codes: 0 ended in order; 1 a server died; 2 usage; 3 a port is in use.`)

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

  static override flags = { ...flagsFrom(upOptions), ...sharedServerFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(UpCommand)
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runUp } = await import('../up/run-up.js')
    const settings = settingsOf(upOptions, flags)
    const json = settings.json ? ['--json'] : []
    await runUp({
      ...settings,
      serverFlags: [...wordsThatSet(knownFlagsOf({ flags: sharedServerFlags }), this.argv), ...json],
      clockFlags: [...wordsThatSet(knownFlagsOf({ flags: flagsFrom(tlsOptions) }), this.argv), ...json],
      autoscale: flags.autoscale,
      tls: tlsIdentityFrom(settingsOf(tlsOptions, flags)),
      tlsCaFile: flags['tls-ca'],
    })
  }
}
