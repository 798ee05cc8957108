import { join } from 'node:path'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { durationFlag } from '../flags/amount-flags.js'
import { baseUrlsFlag, endpointFlag, portFlag } from '../flags/network-flags.js'
import { tlsFlags } from '../flags/tls-flags.js'

export default class ClockCommand extends Command {
  static override summary = 'Start the clock server, which gives the network its timestamps.'

  static override description =
    prose(`Timestamps are unique and always rise, across restarts too: a ceiling is kept in a
file before anything below it is given out. A network goes on without its clock, on time of its own, and says so.

With --peers there may be several clocks: they share an etcd, which keeps the ceiling and who leads. One serves; the
others answer where it is, and one of them takes over when it is gone. Without its etcd a clock waits, and says so.

Anyone may ask for the time with the line {"command":"GET_TIME"}.

Exit codes: 0 ended in order, 1 failed (the ceiling cannot be kept), 2 usage, 3 cannot listen. An etcd that does not
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
    peers: baseUrlsFlag({
      exclusive: ['data', 'file'],
      summary: 'be one of several clocks, which share the etcd at these addresses (its members, with commas)',
    }),
    advertise: endpointFlag({
      dependsOn: ['peers'],
      summary: 'where servers reach this one of several clocks; -lh (or localhost) and -lp unless said',
    }),
    key: Flags.string({
      helpValue: '<key>',
      dependsOn: ['peers'],
      summary: 'key in etcd, the same for all clocks of one network (jwp/clock unless said)',
    }),
    lease: durationFlag({
      dependsOn: ['peers'],
      summary:
        'a clock that has not been heard for so long is replaced (1s unless said); more outlasts short troubles of etcd, less shortens the time without a clock',
    }),
    ...tlsFlags,
    json: Flags.boolean({ summary: 'log JSON lines' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClockCommand)
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runClock } = await import('../clock/run-clock.js')
    const file = flags.data === undefined ? flags.file : join(flags.data, 'clock.json')
    const { peers, advertise } = flags
    await runClock({
      host: flags.lh,
      port: flags.lp,
      file,
      peers: peers && {
        etcd: peers,
        key: flags.key,
        leaseMs: flags.lease,
        advertised: advertise && { host: advertise.hostname, port: advertise.port },
      },
      tls: tlsIdentityFrom(flags),
      json: flags.json,
    })
  }
}
