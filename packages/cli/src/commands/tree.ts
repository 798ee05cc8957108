import * as Args from '@oclif/core/args'
import { Command } from '@oclif/core/command'
import { CliFailure } from '../failure/cli-failure.js'
import { exitCodes } from '../failure/exit-codes.js'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { tlsOptions } from '../options/tls-options.js'
import { treeOptions } from '../options/tree-options.js'

export default class TreeCommand extends Command {
  static override summary = 'Draw the network: which server hangs below which, and how each of them is.'

  static override description =
    prose(`Asks one server, and then every server that it hears of. Without an address it finds the servers of this machine in the
local keyring. For a server on another machine, give the secret (-ms) of that server with -s. The secrets of the others
are learned on the way.

Exit codes: 0 drawn; 2 usage; 4 wrong secret; 5 no server found.`)

  static override usage = 'tree [<host:port> | [-rh <host>] -rp <port>] [-s <secret>] [--watch] [--json]'

  static override examples = [
    { description: 'The network of this machine', command: 'jwp tree' },
    { description: 'As it changes', command: 'jwp tree --watch' },
    { description: 'From another machine', command: 'JWP_PARENT_SECRET=aaa jwp tree alpha.lan:3781' },
    { description: 'For a script', command: `jwp tree --json | jq '.servers[].port'` },
  ]

  static override args = {
    address: Args.string({ description: 'A server of the network, host:port or a port of this machine' }),
  }

  static override flags = { ...flagsFrom(treeOptions), ...flagsFrom(tlsOptions) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TreeCommand)
    const { host, port, ...settings } = settingsOf(treeOptions, flags)
    if (args.address !== undefined && port !== undefined)
      throw new CliFailure('one server is asked first: <host:port> or -rp, not both', {
        advice: `jwp tree -rp ${port}`,
        exitCode: exitCodes.usage,
      })
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { tlsIdentityFrom } = await import('../secrets/tls-files.js')
    const { runTree } = await import('../tree/run-tree.js')
    await runTree({
      ...settings,
      address: port === undefined ? args.address : `${bracketed(host)}:${port}`,
      secret: givenSecret(treeOptions.secret, flags),
      tls: tlsIdentityFrom(settingsOf(tlsOptions, flags)),
    })
  }
}

/** An IPv6 address, as it stands before a port. */
const bracketed = (host: string): string => (/^[^[].*:/.test(host) ? `[${host}]` : host)
