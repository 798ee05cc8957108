import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { durationFlag } from '../flags/amount-flags.js'
import { endpointFlag, endpointsFlag, portFlag } from '../flags/network-flags.js'
import { networkWideFlags } from '../flags/network-wide-flags.js'
import { secretFileFlag } from '../flags/secret-file-flag.js'

export default class ServerCommand extends Command {
  static override summary = 'Start one server: the first of a network, or one that joins another.'

  static override description =
    prose(`The first server founds a network. Every further one names a server that it joins
with -rp (and -rh, if it runs on another machine), and proves itself with that server's secret. On one machine
the secret is found in the local keyring; across machines it is given with -s. When its parent dies, a server
finds its new place by itself.

Without --data a server keeps everything in memory: what is acknowledged is safe as long as one of the servers that
have it lives. With it, log, users and sessions also outlive the process, and even all processes at once. Give every
server a folder of its own, on a local disk. A disk that fills up makes its server leave in order.

SIGTERM or one Ctrl-C: the server leaves in order (its children and clients are told where to go). A second
Ctrl-C ends it at once.

Flags may be written with one dash or two. Secrets given as flags (-ms, -s) can be read by everybody in the list of
processes. Those in the environment (JWP_SECRET, JWP_PARENT_SECRET) or in files (--secret-file, --parent-secret-file)
cannot. A flag wins over a file, and a file over the environment.

Exit codes: 0 left in order, 1 failed (the data folder cannot be used, the disk is full), 2 usage, 3 cannot listen, 4 refused (wrong secret, name taken, another protocol version), 5 nobody there.`)

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

  static override flags = {
    lp: portFlag({
      helpLabel: '-lp',
      required: true,
      summary: 'port to listen on: clients, servers and HTTP alike',
    }),
    lh: Flags.string({
      helpLabel: '-lh',
      helpValue: '<host>',
      default: 'localhost',
      summary: 'host name under which others reach this server; the default is good for one machine only',
    }),
    bind: Flags.string({
      helpValue: '<address>',
      summary: 'listen on this address only, and connect to others from it; all of this machine unless said',
    }),
    advertise: endpointFlag({
      summary:
        'where others reach this server, if its port is forwarded (a container, a relay); -lh and -lp unless said',
    }),
    rp: portFlag({
      helpLabel: '-rp',
      summary:
        'port of a server to join; without it, this server founds a network (with --data it looks for the network of its last run first)',
    }),
    rh: Flags.string({
      helpLabel: '-rh',
      helpValue: '<host>',
      dependsOn: ['rp'],
      summary: 'host of the server to join (localhost unless said)',
    }),
    s: Flags.string({
      helpLabel: '-s',
      helpValue: '<secret>',
      summary:
        'secret of the server to join, or JWP_PARENT_SECRET in the environment; on one machine it is found without. Without -ms it is the secret of this server as well: one secret for a whole network',
    }),
    'parent-secret-file': secretFileFlag({
      summary: 'the secret of -s, as the first line of a file that only its owner may read',
    }),
    ms: Flags.string({
      helpLabel: '-ms',
      helpValue: '<secret>',
      summary:
        'secret that this server asks of those who join it, or JWP_SECRET in the environment; that of -s unless said, else a random one',
    }),
    'secret-file': secretFileFlag({
      summary: 'the secret of -ms, as the first line of a file that only its owner may read',
    }),
    clock: endpointsFlag({
      summary:
        'clock server, or several with commas (localhost:3779 unless said); a server that joins learns it from its parent',
    }),
    name: Flags.string({ helpValue: '<name>', summary: 'name of this server, its host:port unless said' }),
    data: Flags.string({
      helpValue: '<folder>',
      summary: 'keep log, users and sessions in this folder; nothing outlives the process unless said',
    }),
    'autoscale-command': Flags.string({
      helpValue: '<command>',
      dependsOn: ['autoscale'],
      // The shell would do nothing, and call it a success.
      parse: (line) =>
        line.trim() === '' ? Promise.reject(new Error('a command is needed')) : Promise.resolve(line),
      summary:
        'start servers with this line for the shell, not as processes on this machine; JWP_PARENT_HOST, JWP_PARENT_PORT and more are in its environment (docs/operations.md)',
    }),
    'end-when-idle': durationFlag({
      summary: 'leave in order when not needed for so long; servers that were started by another have it',
    }),
    'http-token': Flags.string({
      helpValue: '<token>',
      env: 'JWP_HTTP_TOKEN',
      summary: 'lets other machines read /status and /metrics, with "Authorization: Bearer <token>"',
    }),
    ...networkWideFlags,
    json: Flags.boolean({ summary: 'log JSON lines' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerCommand)
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runServer } = await import('../server/run-server.js')
    const { autoscaleProgram } = await import('../server/autoscale-program.js')
    const parentSecret = givenSecret({
      flag: flags.s,
      file: flags['parent-secret-file'],
      variable: 'JWP_PARENT_SECRET',
    })
    await runServer({
      host: flags.lh,
      port: flags.lp,
      bind: flags.bind,
      advertise: flags.advertise,
      name: flags.name,
      secret:
        givenSecret({ flag: flags.ms, file: flags['secret-file'], variable: 'JWP_SECRET' }) ?? parentSecret,
      remote: flags.rp === undefined ? undefined : { hostname: flags.rh ?? 'localhost', port: flags.rp },
      parentSecret,
      clocks: flags.clock,
      timeBeforeReconnectMs: flags.time_before_reconnect,
      syncEveryMs: flags.sync_interval,
      deliverEveryMs: flags.activity_check_interval,
      heartbeatEveryMs: flags.heartbeat,
      silenceLimitMs: flags['silence-limit'],
      clientSilenceMs: flags['client-silence'],
      maxChildren: flags['max-children'],
      balance: flags.balance,
      data:
        flags.data === undefined
          ? undefined
          : { path: flags.data, sync: flags['data-sync'] !== 'off', setAside: flags['set-aside'] },
      retentionMs: flags['retention-age'],
      retentionBytes: flags['retention-bytes'],
      offline: flags.offline,
      backlogMs: flags['backlog-age'],
      maxClients: flags['max-clients'],
      autoscale: flags.autoscale
        ? {
            maxServers: flags['autoscale-max'],
            idleMs: flags['autoscale-idle'],
            command: flags['autoscale-command'],
            program: autoscaleProgram(this.argv, flags.data),
          }
        : undefined,
      endWhenIdleMs: flags['end-when-idle'],
      httpToken: emptyAsUndefined(flags['http-token']),
      maxConnections: flags['max-connections'],
      maxConnectionsPerAddress: flags['max-connections-per-address'],
      maxFailedLogins: flags['max-failed-logins'],
      maxRate: flags['max-rate'],
      tls: tlsIdentityFrom(flags),
      json: flags.json,
    })
  }
}

/** An empty variable of the environment means the same as none. */
const emptyAsUndefined = (text: string | undefined) => (text === '' ? undefined : text)
