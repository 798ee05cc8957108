import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { prose } from '../flags/prose.js'
import { countFlag, portFlag } from '../flags/network-flags.js'
import { secretFileFlag } from '../flags/secret-file-flag.js'

export default class ClientCommand extends Command {
  static override summary = 'Join the conversation: publish activities and see those of everybody.'

  static override description =
    prose(`On a terminal, each line that you type is published: a JSON object as it is, any
other text as {"text": "..."}; what starts like JSON and is none is asked about. A line that begins with a slash
is a command: /help, /who, /quit; //text publishes "/text". What others publish appears with its user and its time. When the server dies, the
client goes on at another one by itself; nothing is lost or doubled.

In a pipe, each input line is one JSON object, and each output line one broadcast as JSON. The client ends with
its input, once the network has acknowledged everything; --listen lets it stay and print what others say.

Without -u you are anonymous. With -u alone, the name is registered with a secret made for it, which is shown
once. With -u and -s you log in.

Exit codes: 0 everything acknowledged, 1 something was not, 2 usage, 4 refused (wrong secret, name taken),
5 nobody there.`)

  static override usage = 'client -rp <port> [-rh <host>] [-u <name> [-s <secret>]] [flags]'

  static override examples = [
    { description: 'Talk as nobody', command: 'jwp client -rp 3781' },
    { description: 'Register the name aaron', command: 'jwp client -rp 3781 -u aaron' },
    { description: 'Log in', command: 'JWP_CLIENT_SECRET=... jwp client -rp 3781 -u aaron' },
    {
      description: 'Publish one activity from a script',
      command: `echo '{"text":"hello"}' | jwp client -rp 3781`,
    },
    { description: 'See who comes and goes', command: 'jwp client -rp 3781 --presence' },
    { description: 'Follow the network', command: 'jwp client -rp 3781 --listen </dev/null | jq .activity' },
  ]

  static override flags = {
    rp: portFlag({ helpLabel: '-rp', required: true, summary: 'port of a server' }),
    rh: Flags.string({
      helpLabel: '-rh',
      helpValue: '<host>',
      default: 'localhost',
      summary: 'host of the server',
    }),
    u: Flags.string({ helpLabel: '-u', helpValue: '<name>', summary: 'user name; anonymous unless said' }),
    s: Flags.string({
      helpLabel: '-s',
      helpValue: '<secret>',
      dependsOn: ['u'],
      summary:
        'secret of the user, or JWP_CLIENT_SECRET in the environment; without it, the name is registered',
    }),
    'secret-file': secretFileFlag({
      dependsOn: ['u'],
      summary: 'the secret of -s, as the first line of a file that only its owner may read',
    }),
    tls: Flags.boolean({
      summary: 'speak TLS, and trust servers whom this system trusts; needed if the servers speak TLS',
    }),
    'tls-ca': Flags.string({
      helpValue: '<file>',
      summary: 'speak TLS, and trust servers with a certificate for their host that this CA (PEM) has signed',
    }),
    presence: Flags.boolean({
      summary: 'tell who comes and goes; in a pipe as lines {"presence": {"username", "online", "time"}}',
    }),
    listen: Flags.boolean({ summary: 'stay after the end of the input, until a signal comes' }),
    count: countFlag({ summary: 'in a pipe: end after this many broadcasts' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClientCommand)
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { readPem } = await import('../secrets/tls-files.js')
    const { runClient } = await import('../client/run-client.js')
    await runClient({
      server: { hostname: flags.rh, port: flags.rp },
      username: flags.u,
      // Not JWP_SECRET: in a shell that starts servers that is a server's, and must not be sent to another as a user's.
      secret:
        flags.u === undefined
          ? undefined
          : givenSecret({ flag: flags.s, file: flags['secret-file'], variable: 'JWP_CLIENT_SECRET' }),
      tls: flags['tls-ca'] !== undefined ? { ca: readPem(flags['tls-ca']) } : flags.tls ? {} : undefined,
      presence: flags.presence,
      listen: flags.listen,
      count: flags.count,
    })
  }
}
