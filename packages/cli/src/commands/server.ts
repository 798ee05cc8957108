import type { ClockAddresses, Endpoint } from '@jwp/protocol'
import {
  autoscaleOptions,
  dataOptions,
  ownServerOptions,
  remoteOptions,
  serverOptions,
} from '@jwp/server/options'
import { Command } from '@oclif/core/command'
import { settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { serverFlags } from '../flags/server-flags.js'
import { placeOptions } from '../options/server-command-options.js'
import { tlsOptions } from '../options/tls-options.js'

export default class ServerCommand extends Command {
  static override summary = 'Start one server: the first of a network, or one that joins another.'

  static override description =
    prose(`The first server founds a network. Every other one names a server to join: its port with -rp, and its host with -rh if it
runs on another machine. It proves itself with the secret of that server (-s), which it finds by itself on one machine.
When its parent dies, a server finds a new place by itself.

Without --data a server keeps everything in memory: an acknowledged message is safe as long as one server that has it
lives. With --data, log, users and sessions also outlive the process, and even all processes at once. Give every server a
folder of its own, on a local disk. A server whose disk fills up leaves in order.

SIGTERM or one Ctrl-C: the server leaves in order, and tells its children and clients where to go. A second Ctrl-C ends it
at once.

A flag may have one dash or two. Other users can read a secret that is given as a flag (-ms, -s) in the list of processes.
They cannot read it in the environment (JWP_SECRET, JWP_PARENT_SECRET) or in a file (--secret-file, --parent-secret-file).
A flag wins over a file, and a file over the environment.

Exit codes: 0 left in order; 1 failed (the data folder cannot be used, the disk is full); 2 usage; 3 cannot listen;
4 refused (wrong secret, name taken, another protocol version); 5 no server there.`)

  static override usage = 'server -lp <port> [-rp <port>] [-rh <host>] [-s <secret>] [-ms <secret>] [flags]'

  static override examples = [
    {
      description: 'Found a network (a clock runs on localhost:3779)',
      command: 'jwp server -lp 3781 -ms aaa',
    },
    { description: 'Join it from the same machine', command: 'jwp server -lp 3782 -rp 3781 -ms bbb' },
    {
      description: 'Keep everything on disk',
      command: 'jwp server -lp 3781 -ms aaa --data /var/lib/jwp/3781',
    },
    {
      description: 'Join it from another machine',
      command: 'JWP_PARENT_SECRET=aaa JWP_SECRET=ccc jwp server -lp 3783 -lh beta.lan -rh alpha.lan -rp 3781',
    },
    {
      description: 'The same as a service, with its secrets in files',
      command:
        'jwp server -lp 3783 -lh beta.lan -rh alpha.lan -rp 3781 --secret-file own.key --parent-secret-file alpha.key',
    },
  ]

  static override flags = serverFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerCommand)
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runServer } = await import('../server/run-server.js')
    const { autoscaleProgram } = await import('../server/autoscale-program.js')
    const settings = settingsOf(serverOptions, flags)
    const { advertise, clocks } = settingsOf(placeOptions, flags)
    const { port, host } = settingsOf(remoteOptions, flags)
    const { path, ...data } = settingsOf(dataOptions, flags)
    const parentSecret = givenSecret(remoteOptions.secret, flags)
    await runServer({
      ...settings,
      advertisedHost: advertise?.hostname ?? settings.advertisedHost,
      advertisedPort: advertise?.port,
      secret: givenSecret(ownServerOptions.secret, flags) ?? parentSecret,
      httpToken: emptyAsUndefined(settings.httpToken),
      remote: port === undefined ? undefined : { host, port, secret: parentSecret },
      clock: clockAddresses(clocks),
      data: path === undefined ? undefined : { path, ...data },
      autoscale: flags.autoscale
        ? { ...settingsOf(autoscaleOptions, flags), program: autoscaleProgram(this.argv, path) }
        : undefined,
      tls: tlsIdentityFrom(settingsOf(tlsOptions, flags)),
      log: { json: flags.json },
    })
  }
}

function clockAddresses(clocks: readonly Endpoint[]): ClockAddresses {
  const [first, ...standbys] = clocks.map(({ hostname, port }) => ({ host: hostname, port }))
  return standbys.length === 0 ? first! : { ...first!, standbys }
}

/** An empty variable of the environment means the same as none. */
const emptyAsUndefined = (text: string | undefined) => (text === '' ? undefined : text)
