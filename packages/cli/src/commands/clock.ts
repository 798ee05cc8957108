import { join } from 'node:path'
import { clockOptions, clockPeersOptions } from '@jwp/clock-server/options'
import { Command } from '@oclif/core/command'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { clockCommandOptions } from '../options/clock-command-options.js'
import { tlsOptions } from '../options/tls-options.js'

export default class ClockCommand extends Command {
  static override summary = 'Start the clock, which gives the network its timestamps.'

  static override description =
    prose(`Timestamps are unique and always rise, across restarts too: before the clock gives out a timestamp, it has written a higher
one, the ceiling, to a file. A network without its clock goes on with time of its own, and says so.

With --peers there may be several clocks. They share an etcd, which keeps the ceiling and who leads. One of them serves.
The others answer where it is, and one of them takes over when it is gone. Without its etcd a clock waits, and says so.

Every client may ask for the time with the line {"command":"GET_TIME"}.

Exit codes: 0 ended in order; 1 failed (the ceiling cannot be kept); 2 usage; 3 cannot listen. An etcd that does not
answer ends no clock: /healthz is 503 then.`)

  static override usage = 'clock [-lp <port>] [flags]'

  static override examples = [
    { description: 'Where servers look for it', command: 'jwp clock -lp 3779' },
    {
      description: 'Keep the ceiling in a folder of your own',
      command: 'jwp clock --data /var/lib/jwp/clock',
    },
    {
      description: 'One of several clocks (start it on other machines, too)',
      command: 'jwp clock --peers http://etcd.lan:2379 --advertise alpha.lan:3779',
    },
  ]

  static override flags = {
    ...flagsFrom(clockOptions),
    ...flagsFrom(clockCommandOptions),
    ...flagsFrom(clockPeersOptions),
    ...flagsFrom(tlsOptions),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClockCommand)
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runClock } = await import('../clock/run-clock.js')
    const { data, peers, advertise, json } = settingsOf(clockCommandOptions, flags)
    const { file, ...settings } = settingsOf(clockOptions, flags)
    await runClock({
      ...settings,
      file: data === undefined ? file : join(data, 'clock.json'),
      peers: peers && {
        ...settingsOf(clockPeersOptions, flags),
        etcd: peers,
        advertised: advertise && { host: advertise.hostname, port: advertise.port },
      },
      tls: tlsIdentityFrom(settingsOf(tlsOptions, flags)),
      log: { json },
    })
  }
}
