import * as Args from '@oclif/core/args'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { portFlag } from '../flags/network-flags.js'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { prose } from '../flags/prose.js'
import { secretFileFlag } from '../flags/secret-file-flag.js'
import { tlsFlags } from '../flags/tls-flags.js'

export default class TreeCommand extends Command {
  static override summary = 'Draw the network: who hangs where, with how many clients, and how they are.'

  static override description =
    prose(`Asks one server, and from there every server that it hears of. Without an address,
the servers of this machine are found in the local keyring. Across machines, the secret (-ms) of the server asked
first is given with -s; the others' secrets are learned on the way.

Exit codes: 0 drawn, 2 usage, 4 wrong secret, 5 no server found.`)

  static override usage = 'tree [<host:port> | [-rh <host>] -rp <port>] [-s <secret>] [--watch] [--json]'

  static override examples = [
    { description: 'The network of this machine', command: 'jwp tree' },
    { description: 'As it changes', command: 'jwp tree --watch' },
    { description: 'From another machine', command: 'JWP_PARENT_SECRET=aaa jwp tree alpha.lan:3781' },
    { description: 'For a script', command: `jwp tree --json | jq '.servers[].port'` },
  ]

  static override args = {
    address: Args.string({ description: 'a server of the network, host:port or a port of this machine' }),
  }

  static override flags = {
    rp: portFlag({ helpLabel: '-rp', summary: 'port of the server asked first, as in the other commands' }),
    rh: Flags.string({
      helpLabel: '-rh',
      helpValue: '<host>',
      dependsOn: ['rp'],
      summary: 'host of that server (localhost unless said)',
    }),
    s: Flags.string({
      helpLabel: '-s',
      helpValue: '<secret>',
      summary:
        'secret of the server asked first, or JWP_PARENT_SECRET in the environment; found in the keyring on one machine',
    }),
    'secret-file': secretFileFlag({
      summary: 'the secret of -s, as the first line of a file that only its owner may read',
    }),
    watch: Flags.boolean({ char: 'w', summary: 'draw again and again, until Ctrl-C' }),
    ...tlsFlags,
    json: Flags.boolean({
      summary: 'print what the servers say as one JSON object (with --watch: one per change)',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TreeCommand)
    if (args.address !== undefined && flags.rp !== undefined)
      throw new CliFailure('one server is asked first: <host:port> or -rp, not both', {
        advice: `jwp tree -rp ${flags.rp}`,
        exitCode: exitCodes.usage,
      })
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runTree } = await import('../tree/run-tree.js')
    await runTree({
      address: flags.rp === undefined ? args.address : `${bracketed(flags.rh ?? 'localhost')}:${flags.rp}`,
      secret: givenSecret({ flag: flags.s, file: flags['secret-file'], variable: 'JWP_PARENT_SECRET' }),
      watch: flags.watch,
      tls: tlsIdentityFrom(flags),
      json: flags.json,
    })
  }
}

/** An IPv6 address, as it stands before a port. */
const bracketed = (host: string): string => (/^[^[].*:/.test(host) ? `[${host}]` : host)
